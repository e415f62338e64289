#include "engine/record/packed_fields.h"

#include <algorithm>
#include <numeric>

#include "engine/base/bytes.h"

namespace sabun {

void AppendPackedFields(absl::Span<const std::string> values, std::string* out) {
  for (const std::string& value : values) AppendSized(value, out);
}

bool TakePackedFields(absl::string_view* input, size_t count, std::vector<absl::string_view>* values) {
  values->resize(count);
  for (absl::string_view& value : *values) {
    if (!TakeSized(input, &value)) return false;
  }
  return true;
}

namespace {

// Positions 0 .. n-1 in ascending order of their ids.
std::vector<uint32_t> ByAscendingId(absl::Span<const uint32_t> ids) {
  std::vector<uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return ids[a] < ids[b]; });
  return order;
}

}  // namespace

std::string EncodeCanonical(absl::Span<const std::string> values, absl::Span<const uint32_t> ids) {
  std::string out;
  const auto append = [&](uint32_t field) {
    if (values[field].empty()) return;
    AppendVarint(ids[field], &out);
    AppendSized(values[field], &out);
  };
  if (std::is_sorted(ids.begin(), ids.end())) {
    for (uint32_t field = 0; field < ids.size(); ++field) append(field);
  } else {
    for (const uint32_t field : ByAscendingId(ids)) append(field);
  }
  return out;
}

bool DecodeCanonical(absl::string_view bytes, absl::Span<const uint32_t> ids, std::vector<absl::string_view>* values) {
  values->assign(ids.size(), absl::string_view());
  uint64_t last = 0;
  // Ids mostly come in the order of the fields, so the search goes on where it ended.
  const uint32_t* next = ids.begin();
  for (bool first = true; !bytes.empty(); first = false) {
    uint64_t id = 0;
    absl::string_view value;
    if (!TakeVarint(&bytes, &id) || !TakeSized(&bytes, &value) || value.empty()) return false;
    if (!first && id <= last) return false;
    last = id;
    const uint32_t* found = std::find(next, ids.end(), id);
    if (found == ids.end()) found = std::find(ids.begin(), next, id);
    if (found == ids.end() || *found != id) continue;
    (*values)[found - ids.begin()] = value;
    next = found + 1;
  }
  return true;
}

bool DecodeCanonical(absl::string_view bytes, absl::Span<const uint32_t> ids, std::vector<std::string>* values) {
  std::vector<absl::string_view> views;
  const bool decoded = DecodeCanonical(bytes, ids, &views);
  values->clear();
  for (const absl::string_view view : views) values->emplace_back(view.data(), view.size());
  return decoded;
}

}  // namespace sabun
