#include <openssl/sha.h>

#include <cstdint>

#include "absl/strings/escaping.h"
#include "engine/base/bytes.h"
#include "engine/canonical/profile.h"

namespace sabun {
namespace {

// Numbers below are stored, as part of the digest: an enumerator keeps its place for good, and a member that is added
// to ProfileField is written only where it differs from its default, after everything else.
void AppendField(const ProfileField& field, std::string* out) {
  AppendSized(field.name, out);
  AppendVarint(static_cast<uint64_t>(field.type), out);
  AppendVarint(field.required ? 1 : 0, out);
  AppendVarint(field.max_length, out);
  AppendVarint(field.exact_length, out);
  AppendVarint(static_cast<uint64_t>(field.characters), out);
  AppendVarint(field.text_rules, out);
  AppendVarint(field.date_formats, out);
  AppendVarint(field.elements_objects ? 1 : 0, out);
  AppendVarint(static_cast<uint64_t>(field.check_digit), out);
  AppendVarint(field.codes.size(), out);
  for (const auto& [spelling, value] : field.codes) {
    AppendSized(spelling, out);
    AppendSized(value, out);
  }
}

void AppendIndices(const std::vector<uint32_t>& indices, std::string* out) {
  AppendVarint(indices.size(), out);
  for (const uint32_t index : indices) AppendVarint(index, out);
}

}  // namespace

std::string RulesDigest(const Profile& profile) {
  std::string input = "sabun rules 1";
  AppendVarint(profile.fields.size(), &input);
  for (const ProfileField& field : profile.fields) AppendField(field, &input);
  AppendIndices(profile.key_fields, &input);
  AppendIndices(profile.identity_fields, &input);
  AppendVarint(profile.hmac_scheme ? 1 : 0, &input);
  AppendVarint(profile.periods.size(), &input);
  for (const ProfilePeriod& period : profile.periods) AppendIndices({period.from, period.to}, &input);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), sizeof(digest)});
}

}  // namespace sabun
