// Every generated row keeps the rules of the 差分履歴 registration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/calendar.h"
#include "bench/check_digits.h"
#include "bench/generator.h"
#include "tests/unit/bench/extract.h"

namespace sabun::bench {
namespace {

class RowRules : public testing::Test {
 protected:
  static const std::map<Key, Fields>& Rows() {
    static const auto* const rows = new std::map<Key, Fields>(ByKey(MakeDay(DayTwenty()).rows));
    return *rows;
  }

  static GeneratorOptions DayTwenty() {
    GeneratorOptions options;
    options.records = 5000;
    options.day = 20;
    options.change_rate = 0.02;
    return options;
  }

  static void ExpectEach(Column column, const char* pattern) {
    for (const auto& [key, fields] : Rows()) EXPECT_THAT(fields[column], testing::MatchesRegex(pattern));
  }
};

int DayOfIso(const std::string& date) {
  return DayOfDate({std::stoi(date.substr(0, 4)), std::stoi(date.substr(5, 2)), std::stoi(date.substr(8, 2))});
}

TEST_F(RowRules, EveryRowHas22Columns) {
  EXPECT_EQ(ParseCsv(std::string(RowFormat::Header())).at(0).size(), 22u);
  for (const auto& [key, fields] : Rows()) ASSERT_EQ(fields.size(), kColumns);
}

TEST_F(RowRules, CodesAndNumbersHaveTheirShape) {
  ExpectEach(kTypeId, "[A-Za-z0-9]{1,50}");
  ExpectEach(kHistoryKey, "[0-9]{13}");
  ExpectEach(kMyNumber, "[0-9]{12}");
  ExpectEach(kSex, "[12]");
  ExpectEach(kIsNotDisclosed, "true|false");
  ExpectEach(kInsurerNumber, "[0-9]{8}");
  ExpectEach(kRecipientNumber, "[0-9]{7}");
  ExpectEach(kAlwaysReimbursement, "[01]");
  ExpectEach(kAdditionalConditions, "([A-Z]0[1-9]-0[1-9](;[A-Z]0[1-9]-0[1-9])*)?");
}

TEST_F(RowRules, DatesAreIso) {
  for (const Column column : {kDateOfBirth, kValidFrom, kValidTo}) ExpectEach(column, "[0-9]{4}-[01][0-9]-[0-3][0-9]");
}

TEST_F(RowRules, RequiredFieldsAreFilled) {
  for (const Column column : {kName, kNameKana, kAddress, kCertificationName}) ExpectEach(column, ".+");
}

TEST_F(RowRules, CheckDigitsAreRight) {
  for (const auto& [key, fields] : Rows()) {
    const uint64_t my_number = std::stoull(fields[kMyNumber]);
    EXPECT_EQ(MyNumberCheckDigit(my_number / 10), static_cast<int>(my_number % 10));
    for (const Column column : {kInsurerNumber, kRecipientNumber}) {
      const uint64_t number = std::stoull(fields[column]);
      EXPECT_EQ(SubsidyCheckDigit(number / 10), static_cast<int>(number % 10)) << fields[column];
    }
  }
}

TEST_F(RowRules, ValidityBeginsAfterBirthAndBeforeItsEnd) {
  for (const auto& [key, fields] : Rows()) {
    EXPECT_LT(DayOfIso(fields[kDateOfBirth]), DayOfIso(fields[kValidFrom]));
    EXPECT_LT(DayOfIso(fields[kValidFrom]), DayOfIso(fields[kValidTo]));
  }
}

TEST_F(RowRules, JsonColumnsParse) {
  for (const auto& [key, fields] : Rows()) {
    const nlohmann::json detail = nlohmann::json::parse(fields[kDetail]);
    ASSERT_TRUE(detail.is_array() && !detail.empty() && detail[0].is_object());
    if (fields[kMaxCopaymentAmount].empty()) continue;
    EXPECT_TRUE(nlohmann::json::parse(fields[kMaxCopaymentAmount]).is_object());
  }
}

TEST_F(RowRules, KanaAreFullWidthUnlessPaddingIsAskedFor) {
  ExpectEach(kNameKana, "(\xE3(\x82[\xA1-\xBF]|\x83[\x80-\xBC]))+");
  GeneratorOptions options = DayTwenty();
  options.style.padding = true;
  EXPECT_NE(MakeDay(options).rows.find("ﾊ"), std::string::npos);
}

TEST_F(RowRules, RareCharactersOccur) {
  const std::string rows = MakeDay(DayTwenty()).rows;
  for (const char* rare : {"髙", "﨑", "栁", "𠮷"}) EXPECT_NE(rows.find(rare), std::string::npos) << rare;
}

TEST_F(RowRules, WarekiGivesTheSameDaysInThreeNotations) {
  GeneratorOptions options = DayTwenty();
  options.style.wareki = true;
  const testing::Matcher<std::string> notation = testing::MatchesRegex(
      "[0-9]{4}-[01][0-9]-[0-3][0-9]|(大正|昭和|平成|令和)(元|[0-9]+)年[0-9]+月[0-9]+日|[TSHR][0-9]+\\.[0-9]+\\.[0-9]"
      "+");
  uint64_t iso = 0, rows = 0;
  for (const auto& [key, fields] : ByKey(MakeDay(options).rows)) {
    EXPECT_THAT(fields[kDateOfBirth], notation);
    iso += fields[kDateOfBirth][4] == '-' && fields[kDateOfBirth] == Rows().at(key)[kDateOfBirth] ? 1 : 0;
    ++rows;
  }
  EXPECT_NEAR(static_cast<double>(iso) / static_cast<double>(rows), 0.6, 0.05);
}

TEST_F(RowRules, PaddingIsTheOnlyDifferenceOfPaddedRows) {
  GeneratorOptions options = DayTwenty();
  options.style.padding = true;
  std::map<Key, Fields> padded = ByKey(MakeDay(options).rows);
  std::map<Key, Fields> plain = Rows();
  for (auto* const rows : {&padded, &plain}) {
    for (auto& [key, fields] : *rows) fields[kNameKana].clear();  // Width of kana differs too.
  }
  const std::map<Key, std::string> ops = CompareDays(plain, padded);
  EXPECT_GT(ops.size(), 1000u);
  for (const auto& [key, op] : ops) EXPECT_EQ(op, "cosmetic");
}

TEST_F(RowRules, Cp932HoldsTheSamePeople) {
  GeneratorOptions options = DayTwenty();
  options.style.encoding = Encoding::kCp932;
  const std::string rows = MakeDay(options).rows;
  EXPECT_EQ(rows.find("佐藤"), std::string::npos);
  EXPECT_NE(rows.find(Encode(Encoding::kCp932, "髙橋").value()), std::string::npos);
  EXPECT_EQ(Encode(Encoding::kCp932, MakeDay(DayTwenty()).rows).value(), rows);
}

}  // namespace
}  // namespace sabun::bench
