// The byte strings under which a value may lie in a file: other widths, other encodings, hexadecimal, base64.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun::leaks {

// One way in which a value may be written.
struct CanaryForm {
  std::string name;   // for people: "full width, CP932, base64+1"
  std::string bytes;  // at least kShortestForm, so that chance does not look like a leak
};

inline constexpr size_t kShortestForm = 8;

// Every form of `canary` (UTF-8): as it is, in full width, in half width; each as UTF-8, CP932, EUC-JP, UTF-16 in both
// byte orders, JSON escapes and, for a number, a 64-bit integer in both byte orders; each of those as it is, in
// hexadecimal (both cases), percent-encoded, and in base64 (both alphabets, at each of the three places a byte may have
// in a group). Forms shorter than kShortestForm are left out.
std::vector<CanaryForm> FormsOf(absl::string_view canary);

}  // namespace sabun::leaks
