#include "adapters/client/packing.h"

namespace sabun::client {

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

bool TakeVarint(absl::string_view* input, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !input->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(input->front());
    input->remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

void AppendPackedField(absl::string_view value, std::string* out) {
  AppendVarint(value.size(), out);
  out->append(value.data(), value.size());
}

bool TakePackedFields(absl::string_view* input, size_t count, std::vector<absl::string_view>* values) {
  values->clear();
  for (size_t i = 0; i < count; ++i) {
    uint64_t size = 0;
    if (!TakeVarint(input, &size) || size > input->size()) return false;
    values->push_back(input->substr(0, size));
    input->remove_prefix(size);
  }
  return true;
}

}  // namespace sabun::client
