// The record's part of a profile file: which fields there are, how each is spelled and checked, and what identifies a
// record. A profile is TOML; its first lines in adapters/profiles/pmh-certificate-history.toml describe every member.
// The tables "hub" and "error" belong to the submission adapter and are not looked at here.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/canonical/json_rule.h"
#include "engine/canonical/text_rules.h"

namespace sabun {

inline constexpr size_t kMaxProfileBytes = 1 << 20;
inline constexpr size_t kMaxProfileFields = 256;
inline constexpr size_t kMaxKeyFields = 8;
inline constexpr size_t kMaxCodes = 4096;               // Of one field.
inline constexpr uint32_t kDefaultMaxLength = 4000;     // Characters of a field whose profile gives none.
inline constexpr uint32_t kLongestMaxLength = 100'000;  // The largest max_length or exact_length a profile may give.

enum class FieldType { kString, kDate, kBoolean, kCode, kJsonObject, kJsonArray };

enum class CheckDigitRule { kNone, kMyNumber, kInsurerNumber };

// One field. Lengths count code points of the canonical value.
struct ProfileField {
  std::string name;      // ASCII letters, digits and "_", unique.
  std::string label_ja;  // "" or unique among labels and names.
  FieldType type = FieldType::kString;
  bool required = false;
  bool personal = false;
  bool my_number = false;  // The value is an 個人番号; implied by check_digit = "my_number".
  uint32_t max_length = kDefaultMaxLength;
  uint32_t exact_length = 0;  // 0: max_length counts.
  CharacterClass characters = CharacterClass::kText;
  uint32_t text_rules = kTrim;    // TextRule bits.
  uint32_t date_formats = 0;      // DateFormat bits; 0 unless type is kDate.
  bool elements_objects = false;  // kJsonArray: every element must be an object.
  CheckDigitRule check_digit = CheckDigitRule::kNone;
  // Source spelling to canonical value, ascending by spelling; kBoolean and kCode only. The spelling "" gives an empty
  // value a meaning.
  std::vector<std::pair<std::string, std::string>> codes;

  // The canonical value of a spelling, or nullptr. The pointer lives as long as the field.
  const std::string* FindCode(absl::string_view spelling) const;
  // Whether the canonical value (valid UTF-8) is neither too long nor too short.
  bool LengthFits(absl::string_view value) const;
  // A source's value with more bytes is refused as too long before any work is done on it.
  size_t MaxSourceBytes() const;
  // Of the JSON types.
  JsonShape Shape() const;
};

// Two date fields, by index; the second may not be before the first.
struct ProfilePeriod {
  uint32_t from = 0;
  uint32_t to = 0;
};

// A profile. Immutable after parsing; safe to share between threads.
struct Profile {
  std::string name;
  std::string version;
  std::vector<ProfileField> fields;       // In the order in which field values travel.
  std::vector<uint32_t> key_fields;       // Indices into fields, in key order.
  std::vector<uint32_t> identity_fields;  // Indices; never key fields.
  std::vector<ProfilePeriod> periods;
  bool hmac_scheme = false;  // "hmac-sha256-128" in place of "xxh3-128".
  std::string text;          // The TOML as it was given.
};

// Reads a profile. Errors: INVALID_ARGUMENT "profile:LINE: reason / reason in Japanese".
absl::StatusOr<Profile> ParseProfile(absl::string_view toml);

// SHA-256, 64 hex digits, of all that decides canonical values and findings: the fields with their rules, lengths and
// codes, and [record]. Name, version, labels, comments, field paths, hub and errors do not count: profiles that differ
// only in these have the same digest. Stable across versions of Sabun.
std::string RulesDigest(const Profile& profile);

}  // namespace sabun
