// The smallest profile there can be: a key, trimmed and required.
#pragma once

namespace sabun {

inline constexpr char kOneFieldProfile[] = R"(
[profile]
name = "one-field"
version = "1"
[record]
key = ["id"]
[[field]]
name = "id"
required = true
canonical = ["trim"]
)";

}  // namespace sabun
