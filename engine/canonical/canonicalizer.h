// Brings a record to its canonical form and says what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/canonical/profile.h"
#include "engine/record/row_code.h"

namespace sabun {

// Applies a profile's rules to records. Thread safe.
class Canonicalizer {
 public:
  // `profile` must outlive this object and the findings it gives.
  explicit Canonicalizer(const Profile& profile) : profile_(profile) {}

  // `raw`: the source's value of each field of the profile, in its order, as text in UTF-8 (not yet checked); must not
  // point into `*values`. Replaces `*values` by the canonical values, in the same order, "" where a value is absent;
  // capacity is used again. Replaces `*findings` by what is wrong: at most one error a field, or a warning, and one
  // error for each period; fields in profile order, then periods, which name the field of their end. True when no
  // finding is an error. When false, values of fields with an error are unspecified and not to be stored, except that a
  // key field with valid characters still is its trimmed text.
  bool Run(absl::Span<const absl::string_view> raw, std::vector<std::string>* values,
           std::vector<Finding>* findings) const;

 private:
  // The error of the field's value or nullptr; `*value` receives the canonical value.
  const RowCode* RunField(const ProfileField& field, absl::string_view raw, std::string* value) const;

  const Profile& profile_;
};

}  // namespace sabun
