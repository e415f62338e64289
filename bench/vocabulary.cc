#include "bench/vocabulary.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/check_digits.h"
#include "bench/name_tables.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

// A whole table is encoded at once: the space that separates words is never part of a CP932 character.
absl::StatusOr<std::vector<std::string>> Words(Encoding encoding, absl::string_view table) {
  ASSIGN_OR_RETURN(const std::string encoded, Encode(encoding, table));
  return std::vector<std::string>(absl::StrSplit(encoded, ' '));
}

absl::StatusOr<std::vector<NameWord>> NameWords(Encoding encoding, absl::string_view table) {
  ASSIGN_OR_RETURN(const std::string narrow, HalfWidthKana(table));
  ASSIGN_OR_RETURN(const std::vector<std::string> words, Words(encoding, table));
  ASSIGN_OR_RETURN(const std::vector<std::string> narrow_words, Words(encoding, narrow));
  if (words.size() % 2 != 0 || words.size() != narrow_words.size()) {
    return absl::InternalError("a table of names does not consist of pairs");
  }
  std::vector<NameWord> names;
  for (size_t i = 0; i < words.size(); i += 2) names.push_back({words[i], words[i + 1], narrow_words[i + 1]});
  return names;
}

absl::StatusOr<std::vector<CertificateWord>> CertificateWords(Encoding encoding) {
  ASSIGN_OR_RETURN(const std::vector<std::string> words, Words(encoding, Certificates()));
  std::vector<CertificateWord> certificates;
  for (size_t i = 0; i + 3 < words.size(); i += 4) {
    CertificateWord word{words[i], words[i + 1], 0, 0};
    if (!absl::SimpleAtoi(words[i + 2], &word.law_number) || !absl::SimpleAtoi(words[i + 3], &word.highest_age)) {
      return absl::InternalError("the table of certificates does not consist of groups of four");
    }
    certificates.push_back(word);
  }
  return certificates;
}

// 法別番号, prefecture, three digits for the city, check digit.
std::string MakeInsurerNumber(int law_number, int prefecture, size_t city) {
  const uint64_t body = static_cast<uint64_t>(law_number * 100 + prefecture) * 1000 + (100 + city * 7) % 1000;
  return absl::StrFormat("%07d%d", body, SubsidyCheckDigit(body));
}

absl::Status AddPlaces(Encoding encoding, Vocabulary* vocabulary) {
  ASSIGN_OR_RETURN(const std::vector<std::string> cities, Words(encoding, Cities()));
  std::vector<int> prefectures;
  for (size_t i = 0; i + 1 < cities.size(); i += 2) {
    int prefecture = 0;
    if (!absl::SimpleAtoi(cities[i], &prefecture)) return absl::InternalError("the table of cities lacks a code");
    prefectures.push_back(prefecture);
    vocabulary->cities.push_back(cities[i + 1]);
  }
  for (const CertificateWord& certificate : vocabulary->certificates) {
    for (size_t city = 0; city < prefectures.size(); ++city) {
      vocabulary->insurer_numbers.push_back(MakeInsurerNumber(certificate.law_number, prefectures[city], city));
    }
  }
  ASSIGN_OR_RETURN(vocabulary->towns, Words(encoding, Towns()));
  ASSIGN_OR_RETURN(vocabulary->buildings, Words(encoding, Buildings()));
  ASSIGN_OR_RETURN(vocabulary->institutions, Words(encoding, Institutions()));
  return absl::OkStatus();
}

absl::Status AddLiterals(Encoding encoding, Vocabulary* vocabulary) {
  ASSIGN_OR_RETURN(const std::vector<std::string> eras, Words(encoding, "大正 昭和 平成 令和"));
  ASSIGN_OR_RETURN(const std::vector<std::string> digits, Words(encoding, "〇 一 二 三 四 五 六 七 八 九"));
  std::copy(eras.begin(), eras.end(), vocabulary->eras.begin());
  std::copy(digits.begin(), digits.end(), vocabulary->digits.begin());
  const struct {
    std::string Vocabulary::*word;
    const char* text;
  } literals[] = {{&Vocabulary::first_year, "元"},     {&Vocabulary::year, "年"},
                  {&Vocabulary::month, "月"},          {&Vocabulary::day, "日"},
                  {&Vocabulary::block, "丁目"},        {&Vocabulary::lot, "番"},
                  {&Vocabulary::house, "号"},          {&Vocabulary::room, "号室"},
                  {&Vocabulary::wide_space, "\u3000"}, {&Vocabulary::copay_item, "一部負担金"},
                  {&Vocabulary::none, "なし"},         {&Vocabulary::visit_item, "通院"}};
  for (const auto& literal : literals) {
    ASSIGN_OR_RETURN(vocabulary->*literal.word, Encode(encoding, literal.text));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Vocabulary> Vocabulary::Create(Encoding encoding) {
  Vocabulary vocabulary;
  ASSIGN_OR_RETURN(vocabulary.surnames, NameWords(encoding, Surnames()));
  ASSIGN_OR_RETURN(vocabulary.rare_surnames, NameWords(encoding, RareSurnames()));
  ASSIGN_OR_RETURN(vocabulary.women, NameWords(encoding, GivenNamesOfWomen()));
  ASSIGN_OR_RETURN(vocabulary.men, NameWords(encoding, GivenNamesOfMen()));
  ASSIGN_OR_RETURN(vocabulary.certificates, CertificateWords(encoding));
  RETURN_IF_ERROR(AddPlaces(encoding, &vocabulary));
  RETURN_IF_ERROR(AddLiterals(encoding, &vocabulary));
  return vocabulary;
}

}  // namespace sabun::bench
