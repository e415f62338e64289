// Messages as plain facts, and facts against what a scenario expects.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace sabun::scenario {

// By field name; enumerators in small letters without their prefix ("held"), numbers as they are written.
using Facts = std::map<std::string, std::string>;

// The fields of `message` that are neither messages nor repeated, those that are not set included.
Facts FactsOf(const google::protobuf::Message& message);

// FAILED_PRECONDITION naming every fact that is not as `expected`. Facts named in `strict` that are not expected must
// be 0 or empty: so a scenario says all that happened.
absl::Status CompareFacts(const Facts& facts, const std::vector<std::pair<std::string, std::string>>& expected,
                          const std::vector<std::string>& strict);

}  // namespace sabun::scenario
