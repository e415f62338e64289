// The smallest dataset that has everything: a key and one more field, both trimmed and required.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/fingerprint/keyed_hash.h"

namespace sabun {

inline constexpr char kTwoFieldDataset[] = "city/child";
inline constexpr char kTwoFieldProfile[] = R"(
[profile]
name = "two-fields"
version = "1"
[record]
key = ["id"]
[[field]]
name = "id"
required = true
canonical = ["trim"]
[[field]]
name = "name"
required = true
canonical = ["trim"]
)";

// What an adapter sends of a row: 32 bytes.
inline std::string TwoFieldEntry(const std::string& key_secret, const std::string& fingerprint_secret,
                                 const std::string& id, const std::string& name) {
  const KeyedHash key(HashScheme::kXxh3, key_secret), row(HashScheme::kXxh3, fingerprint_secret);
  return absl::StrCat(key.Key(id).view(), row.Fingerprint(id + name).view());
}

}  // namespace sabun
