// Any row under the PMH profile: the quick way gives what all rules give, and a canonical record is its own canonical
// form.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/canonical/canonicalizer.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

const sabun::Profile& PmhProfile() {
  static const sabun::Profile* const profile = [] {
    std::ifstream in("adapters/profiles/pmh-certificate-history.toml");
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    auto parsed = sabun::ParseProfile(text);
    sabun::fuzz::Require(parsed.ok(), "the profile is found: run this from the checkout");
    return new sabun::Profile(*std::move(parsed));
  }();
  return *profile;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sabun;
  using sabun::fuzz::Require;
  static const auto* const canonicalizer = new Canonicalizer(PmhProfile());
  // A good row of which the input replaces some fields: NUMBER LENGTH BYTES...
  std::vector<std::string> row = {
      "T1", "H1", "123456789018", "愛知　花子", "アイチ　ハナコ", "一丁目", "2013-01-01", "2", "0", "", "受給者証"};
  row.resize(PmhProfile().fields.size());
  for (size_t i = 0; i < row.size(); ++i) {
    const std::string& name = PmhProfile().fields[i].name;
    if (name == "validFrom" || name == "validTo") row[i] = "令和5年4月1日";
    if (name == "certificationDetail") row[i] = "[{\"a\":1}]";
    if (name == "isAlwaysReimbursement") row[i] = "0";
    if (name == "incomeSegment") row[i] = "1";
  }
  fuzz::FuzzInput input(data, size);
  while (!input.empty()) {
    const size_t field = input.Byte() % row.size();
    row[field] = std::string(input.Piece(400));
  }
  const std::vector<absl::string_view> raw(row.begin(), row.end());
  CanonicalValues quick, slow, again;
  slow.set_quick(false);
  std::vector<Finding> quick_findings, slow_findings, findings;
  const bool good = canonicalizer->Run(raw, &quick, &quick_findings);
  Require(canonicalizer->Run(raw, &slow, &slow_findings) == good, "both ways judge alike");
  Require(quick_findings.size() == slow_findings.size(), "both ways find the same");
  if (!good) return 0;
  for (size_t i = 0; i < row.size(); ++i) Require(quick[i] == slow[i], "both ways give the same value");
  const std::vector<std::string> canonical(quick.get().begin(), quick.get().end());
  Require(canonicalizer->Run(std::vector<absl::string_view>(canonical.begin(), canonical.end()), &again, &findings),
          "a canonical record is good");
  for (size_t i = 0; i < row.size(); ++i)
    Require(again[i] == canonical[i], "a canonical value is its own canonical form");
  return 0;
}
