// What a running engine's configuration says for a privacy impact assessment (特定個人情報保護評価), in Japanese.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sabun/v1/admin.pb.h"
#include "sabun/v1/dataset.pb.h"

namespace sabun::cli {

// What the report is made of; no value of any person.
struct PiaFacts {
  std::string engine_address;
  std::string made_at;  // local time, for people
  v1::GetStatusResponse status;
  std::vector<v1::Dataset> datasets;  // with fields and profile
};

// The report as Markdown: what is handled, by which fields, how many, whereto, within which limits; then the data flow
// and the measures of deploy/pia, which are built in.
std::string PiaReport(const PiaFacts& facts);

// The texts of deploy/pia.
absl::string_view PiaDataFlow();
absl::string_view PiaMeasures();

}  // namespace sabun::cli
