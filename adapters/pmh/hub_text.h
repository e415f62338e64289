// What of the hub's own words about a record may be kept.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun {

// The hub's text, shortened to 200 bytes at a character's end, or a sentence in its place when it may repeat somebody's
// data: a value of this record (of three bytes or more, however spaces are set), or eight digits and more in a row,
// half or full width.
std::string KeptHubText(absl::string_view text, const std::vector<absl::string_view>& record_values);

}  // namespace sabun
