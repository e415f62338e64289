#include "tests/support/sample_csv.h"

#include <iconv.h>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace sabun {

const SampleValues& SampleDefaults() {
  static const auto* const defaults = new SampleValues{
      {"orgSpecificCertificateTypeId", "CHILD01"},
      {"myNumber", "123456789018"},
      {"name", "愛知花子"},
      {"nameKana", "アイチハナコ"},
      {"address", "愛知県B市B町1-1-1 Bマンション101号室"},
      {"dateOfBirth", "2013-01-01"},
      {"sex", "2"},
      {"isNotDisclosed", "0"},
      {"medicalSubsidyInsurerNumber", "81136244"},
      {"certificationName", "こども医療費受給者証"},
      {"medicalSubsidyRecipientNumber", "0000002"},
      {"isAlwaysReimbursement", "0"},
      {"validFrom", "2026-04-01"},
      {"validTo", "2027-03-31"},
      {"certificationDetail", R"([{"item":"1"}])"},
  };
  return *defaults;
}

std::string CsvLineOf(const std::vector<std::string>& values) {
  std::vector<std::string> cells;
  for (const std::string& value : values) {
    const bool quoted = value.find_first_of(",\"\r\n") != std::string::npos;
    cells.push_back(quoted ? "\"" + absl::StrReplaceAll(value, {{"\"", "\"\""}}) + "\"" : value);
  }
  return absl::StrJoin(cells, ",") + "\n";
}

std::string SampleLine(const std::vector<std::string>& columns, const SampleValues& given) {
  std::vector<std::string> values;
  for (const std::string& column : columns) {
    const auto found = given.find(column);
    const auto fallback = SampleDefaults().find(column);
    values.push_back(found != given.end() ? found->second : fallback != SampleDefaults().end() ? fallback->second : "");
  }
  return CsvLineOf(values);
}

absl::StatusOr<std::string> Utf8ToCp932(absl::string_view text) {
  const iconv_t converter = ::iconv_open("CP932", "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) return absl::UnavailableError("this machine does not know CP932");
  std::string in(text), out(2 * text.size(), '\0');
  char* from = in.data();
  char* to = out.data();
  size_t left = in.size(), room = out.size();
  const size_t result = ::iconv(converter, &from, &left, &to, &room);
  ::iconv_close(converter);
  if (result == static_cast<size_t>(-1)) return absl::InvalidArgumentError("a character is not in CP932");
  out.resize(out.size() - room);
  return out;
}

}  // namespace sabun
