#include "tests/unit/adapters/pmh/sample_records.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/str_replace.h"
#include "adapters/client/packing.h"

namespace sabun {

std::string ShippedProfile() {
  std::ifstream file(SABUN_SOURCE_DIR "/adapters/profiles/pmh-certificate-history.toml", std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::string ImpatientProfile(const std::map<std::string, std::string>& replacements) {
  std::string toml = absl::StrReplaceAll(ShippedProfile(), {{"first_wait_seconds = 0.5", "first_wait_seconds = 0.001"},
                                                            {"first_wait_seconds = 0.1", "first_wait_seconds = 0.001"},
                                                            {"max_wait_seconds = 60", "max_wait_seconds = 0.002"},
                                                            {"max_wait_seconds = 10", "max_wait_seconds = 0.002"},
                                                            {"first_pause_seconds = 10", "first_pause_seconds = 0.001"},
                                                            {"max_pause_seconds = 300", "max_pause_seconds = 0.002"},
                                                            {"max_trials = 3", "max_trials = 60"},
                                                            {"requests_per_second = 50", "requests_per_second = 9999"},
                                                            {"jitter = 0.5", "jitter = 0"}});
  for (const auto& [from, to] : replacements) toml = absl::StrReplaceAll(toml, {{from, to}});
  return toml;
}

HubProfile Parsed(const std::string& toml) {
  auto profile = ParseHubProfile(toml);
  if (profile.ok()) return *std::move(profile);
  std::fprintf(stderr, "%s\n", profile.status().ToString().c_str());
  std::abort();
}

std::string SampleRecord(const std::map<std::string, std::string>& values) {
  static const auto* const sample = new std::map<std::string, std::string>{
      {"orgSpecificCertificateTypeId", "A01"},
      {"historyKey", "H1"},
      {"myNumber", "210987654321"},
      {"name", "愛知花子"},
      {"nameKana", "アイチハナコ"},
      {"address", "愛知県B市B町1-1-1 Bマンション101号室"},
      {"dateOfBirth", "2013-01-01"},
      {"sex", "2"},
      {"isNotDisclosed", "false"},
      {"medicalSubsidyInsurerNumber", "87654321"},
      {"certificationName", "自立支援医療受給者証(育成医療)"},
      {"medicalSubsidyRecipientNumber", "0000002"},
      {"isAlwaysReimbursement", "0"},
      {"validFrom", "2024-10-01"},
      {"validTo", "2025-09-30"},
      {"certificationDetail", R"([{"itemName":"x"}])"},
  };
  static const auto* const fields = new std::vector<HubField>(Parsed(ShippedProfile()).fields);
  std::string packed;
  for (const HubField& field : *fields) {
    const auto own = sample->find(field.name);
    const auto given = values.find(field.name);
    const std::string value = given != values.end() ? given->second : own != sample->end() ? own->second : "";
    client::AppendPackedField(value, &packed);
  }
  return packed;
}

}  // namespace sabun
