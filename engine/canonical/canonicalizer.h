// Brings a record to its canonical form and says what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/canonical/json_outline.h"
#include "engine/canonical/profile.h"
#include "engine/canonical/quick_rule.h"
#include "engine/record/row_code.h"

namespace sabun {

// The canonical values of one record, with memory that is used again for the next. Not thread safe: each thread has one
// of its own.
class CanonicalValues {
 public:
  CanonicalValues() = default;
  CanonicalValues(const CanonicalValues&) = delete;

  // In the order of the profile's fields, "" where a value is absent. They point into the raw values, the profile or
  // this object: good until one of these goes, or the next Run.
  absl::Span<const absl::string_view> get() const { return values_; }
  absl::string_view operator[](size_t field) const { return values_[field]; }

  // Off: every value goes through all rules, which gives the same and is slow. For comparisons only.
  void set_quick(bool quick) { quick_ = quick; }

 private:
  friend class Canonicalizer;

  std::vector<absl::string_view> values_;
  std::vector<std::string> texts_;  // Of each field, where its value had to be made.
  JsonOutline json_;
  bool quick_ = true;
};

// Applies a profile's rules to records. Immutable and so thread safe; each thread brings its own CanonicalValues.
class Canonicalizer {
 public:
  // `profile` must outlive this object, and the values and findings it gives.
  explicit Canonicalizer(const Profile& profile);

  // `raw`: the source's value of each field of the profile, in its order, as text in UTF-8 (not yet checked); must not
  // point into `*values`. Replaces `*values` by the canonical values. Replaces `*findings` by what is wrong: at most
  // one error a field, or a warning, and one error for each period; fields in profile order, then periods, which name
  // the field of their end. True when no finding is an error. When false, values of fields with an error are
  // unspecified and not to be stored, except that a key field with valid characters still is its trimmed text.
  bool Run(absl::Span<const absl::string_view> raw, CanonicalValues* values, std::vector<Finding>* findings) const;

 private:
  const Profile& profile_;
  std::vector<QuickRule> quick_rules_;  // One for each field.
};

}  // namespace sabun
