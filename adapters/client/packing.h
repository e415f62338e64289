// Packed fields and varints: proto/sabun/v1/intake.proto, PACKED FIELDS.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sabun::client {

// Appends `value` as an unsigned LEB128 varint.
void AppendVarint(uint64_t value, std::string* out);

// Takes a varint off the front of `*input`. False, with `*input` unspecified, when it is cut short or over 64 bits.
bool TakeVarint(absl::string_view* input, uint64_t* value);

// Appends the length of `value` as a varint, then `value`.
void AppendPackedField(absl::string_view value, std::string* out);

// Takes `count` packed fields off the front of `*input`; the views point into it. False when it is cut short.
bool TakePackedFields(absl::string_view* input, size_t count, std::vector<absl::string_view>* values);

}  // namespace sabun::client
