// Field values on the wire and in rows of the canonical form: see engine/FORMATS.md, "Packed fields" and "Canonical
// form".
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sabun {

// Appends each value as varint length and bytes.
void AppendPackedFields(absl::Span<const std::string> values, std::string* out);

// Takes `count` values off the front of `*input`; the views point into it. False when it is cut short.
bool TakePackedFields(absl::string_view* input, size_t count, std::vector<absl::string_view>* values);

// Appends the canonical form: for each value that is not empty, in the order of `ids` sorted ascending: varint id,
// sized value. `ids[i]` is the lasting id of field i of the dataset, so that a profile that gains or reorders fields
// leaves the bytes of equal records equal.
void EncodeCanonical(absl::Span<const absl::string_view> values, absl::Span<const uint32_t> ids, std::string* out);

// The inverse; fields whose id is not in `ids` are dropped. False when the bytes are not a canonical form.
bool DecodeCanonical(absl::string_view bytes, absl::Span<const uint32_t> ids, std::vector<std::string>* values);
// The same; the views point into `bytes`.
bool DecodeCanonical(absl::string_view bytes, absl::Span<const uint32_t> ids, std::vector<absl::string_view>* values);

}  // namespace sabun
