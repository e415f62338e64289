#include "engine/record/packed_fields.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/base/bytes.h"

namespace sabun {

void AppendPackedFields(absl::Span<const std::string> values, std::string* out) {
  for (const std::string& value : values) AppendSized(value, out);
}

bool TakePackedFields(absl::string_view* input, size_t count, std::vector<absl::string_view>* values) {
  values->resize(count);
  // Each length must be known before the next can be read, so it counts how soon: most have one byte.
  absl::string_view rest = *input;
  for (absl::string_view& value : *values) {
    const size_t size = rest.empty() ? 0x80 : static_cast<unsigned char>(rest.front());
    if (size < 0x80 && size < rest.size()) {
      value = absl::string_view(rest.data() + 1, size);
      rest = absl::string_view(rest.data() + 1 + size, rest.size() - 1 - size);
    } else if (!TakeSized(&rest, &value)) {
      return false;
    }
  }
  *input = rest;
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

inline char* PutVarint(uint64_t value, char* to) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

// Most values are shorter than a call of memcpy is worth: two copies of one fixed size that overlap do them.
template <size_t kSize>
inline char* PutTwice(absl::string_view bytes, char* to) {
  std::memcpy(to, bytes.data(), kSize);
  std::memcpy(to + bytes.size() - kSize, bytes.data() + bytes.size() - kSize, kSize);
  return to + bytes.size();
}

inline char* PutBytes(absl::string_view bytes, char* to) {
  const size_t size = bytes.size();
  if (size >= 8 && size <= 16) return PutTwice<8>(bytes, to);
  if (size == 1) {
    *to = bytes[0];
    return to + 1;
  }
  if (size < 4) return PutTwice<2>(bytes, to);
  if (size < 8) return PutTwice<4>(bytes, to);
  if (size <= 32) return PutTwice<16>(bytes, to);
  if (size <= 64) return PutTwice<32>(bytes, to);
  std::memcpy(to, bytes.data(), size);
  return to + size;
}

}  // namespace

void EncodeCanonical(absl::Span<const absl::string_view> values, absl::Span<const uint32_t> ids, std::string* out) {
  const size_t begin = out->size();
  size_t room = 0;
  uint64_t numbers = 0;
  bool ascending = true;
  for (size_t field = 0; field < ids.size(); ++field) {
    room += values[field].size();
    numbers |= values[field].size() | ids[field];
    ascending &= field == 0 || ids[field - 1] < ids[field];
  }
  // Two varints a value, of at most two bytes each when no number has more than 14 bits.
  room += ids.size() * (numbers < 0x4000 ? 4 : 20);
  out->resize(begin + room);
  char* to = out->data() + begin;
  const auto put = [&](uint32_t field) {
    const absl::string_view value = values[field];
    if (value.empty()) return;
    to = PutVarint(ids[field], to);
    to = PutVarint(value.size(), to);
    to = PutBytes(value, to);
  };
  if (ascending) {
    for (uint32_t field = 0; field < ids.size(); ++field) put(field);
  } else {
    for (const uint32_t field : ByAscendingId(ids)) put(field);
  }
  out->resize(to - out->data());
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
