// The rules of one field for values that need little or nothing done, which most are.
#pragma once

#include <array>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/canonical/json_outline.h"
#include "engine/canonical/profile.h"

namespace sabun {

// Immutable.
class QuickRule {
 public:
  // `field` must outlive this object and the values it gives.
  explicit QuickRule(const ProfileField& field);

  // True only if the rules of the field find no error in `raw`; `*value` is then the canonical value: a part of `raw`,
  // of the field, or `*text`. False says nothing: the rules must be run. `raw` is any bytes and must not point into
  // `*text`, whose content is replaced or left alone.
  bool Take(absl::string_view raw, JsonOutline* json, std::string* text, absl::string_view* value) const;

 private:
  bool TakeString(absl::string_view raw, std::string* text, absl::string_view* value) const;
  bool TakeCode(absl::string_view raw, absl::string_view* value) const;

  const ProfileField* field_;
  size_t max_bytes_;
  bool may_be_empty_;
  // Spellings that begin with byte c are the field's codes from codes_from_[c] to before codes_from_[c + 1].
  std::array<uint16_t, 257> codes_from_ = {};
};

}  // namespace sabun
