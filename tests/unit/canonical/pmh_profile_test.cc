// The profile that is shipped for PMH's 差分履歴 registration, with the record published for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "engine/canonical/canonicalizer.h"

namespace sabun {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

class PmhProfileTest : public testing::Test {
 protected:
  PmhProfileTest() : profile_(Load()), canonicalizer_(profile_) {}

  static Profile Load() {
    std::ostringstream text;
    text << std::ifstream(SABUN_PROFILES "pmh-certificate-history.toml").rdbuf();
    absl::StatusOr<Profile> profile = ParseProfile(text.str());
    EXPECT_TRUE(profile.ok()) << profile.status();
    return profile.ok() ? *std::move(profile) : Profile();
  }
  bool Run(absl::Span<const absl::string_view> raw) {
    const bool valid = canonicalizer_.Run(raw, &run_, &findings_);
    values_ = std::vector<std::string>(run_.get().begin(), run_.get().end());
    return valid;
  }
  std::vector<std::string> Warnings() const {
    std::vector<std::string> fields;
    for (const Finding& finding : findings_) fields.emplace_back(finding.field);
    return fields;
  }

  // The published sample, with the fields it leaves out.
  std::vector<absl::string_view> sample_ = {"IKUSEI",
                                            "0000001",
                                            "210987654321",
                                            "愛知花子",
                                            "アイチハナコ",
                                            "愛知県B市B町1-1-1 Bマンション101号室",
                                            "2013-01-01",
                                            "2",
                                            "false",
                                            "87654321",
                                            "自立支援医療受給者証(育成医療)",
                                            "0000002",
                                            "",
                                            "",
                                            "",
                                            "",
                                            "",
                                            "0",
                                            "",
                                            "2025-04-01",
                                            "2026-03-31",
                                            "[]"};
  const Profile profile_;
  const Canonicalizer canonicalizer_;
  CanonicalValues run_;
  std::vector<std::string> values_;
  std::vector<Finding> findings_;
};

TEST_F(PmhProfileTest, FieldsStandInTheOrderOfTheSpecification) {
  std::vector<std::string> names;
  for (const ProfileField& field : profile_.fields) names.push_back(field.name);
  EXPECT_THAT(names,
              ElementsAre("orgSpecificCertificateTypeId", "historyKey", "myNumber", "name", "nameKana", "address",
                          "dateOfBirth", "sex", "isNotDisclosed", "medicalSubsidyInsurerNumber", "certificationName",
                          "medicalSubsidyRecipientNumber", "certificationSubKey", "segment", "incomeSegment",
                          "additionalConditions", "designatedMedicalInstitutions", "isAlwaysReimbursement",
                          "maxCopaymentAmount", "validFrom", "validTo", "certificationDetail"));
}

TEST_F(PmhProfileTest, RecordIsIdentifiedByCertificateTypeAndHistoryKey) {
  EXPECT_THAT(profile_.key_fields, ElementsAre(0, 1));
  EXPECT_THAT(profile_.identity_fields, ElementsAre(2));
  EXPECT_FALSE(profile_.hmac_scheme);
}

TEST_F(PmhProfileTest, AllButTheKeyIsPersonal) {
  for (size_t i = 0; i < profile_.fields.size(); ++i)
    EXPECT_EQ(profile_.fields[i].personal, i >= 2) << profile_.fields[i].name;
}

TEST_F(PmhProfileTest, PublishedSampleIsValidWithWarnings) {
  EXPECT_TRUE(Run(sample_));
  EXPECT_THAT(Warnings(), ElementsAre("myNumber", "medicalSubsidyInsurerNumber"));
  EXPECT_THAT(findings_, Each(Field(&Finding::code, &row_code::kCheckDigit)));
  EXPECT_EQ(values_, std::vector<std::string>(sample_.begin(), sample_.end()));
}

TEST_F(PmhProfileTest, RealInsurerNumbersPassWithoutWarning) {
  sample_[2] = "123456789018";
  for (const char* number : {"81136244", "81137242", "88138243", "88131248", "89131247"}) {
    sample_[9] = number;
    EXPECT_TRUE(Run(sample_));
    EXPECT_THAT(findings_, IsEmpty()) << number;
  }
}

TEST_F(PmhProfileTest, LegacySpellingIsCosmetic) {
  const std::vector<absl::string_view> legacy = {" IKUSEI ",
                                                 "0000001  ",
                                                 "２１０９８７６５４３２１",
                                                 "愛知花子\u3000\u3000",
                                                 "ｱｲﾁﾊﾅｺ",
                                                 "愛知県B市B町１-１-１\u3000Bﾏﾝｼｮﾝ１０１号室",
                                                 "平成25年 1月 1日",
                                                 "女",
                                                 "0",
                                                 "87654321",
                                                 "自立支援医療受給者証(育成医療)",
                                                 "０００００02",
                                                 "",
                                                 "",
                                                 "",
                                                 "",
                                                 "",
                                                 "０",
                                                 "",
                                                 "R7.4.1",
                                                 "5080331",
                                                 " [ ] "};
  EXPECT_TRUE(Run(legacy));
  EXPECT_EQ(values_, std::vector<std::string>(sample_.begin(), sample_.end()));
}

TEST_F(PmhProfileTest, RequiredFieldsAreThoseOfTheSpecification) {
  EXPECT_FALSE(Run(std::vector<absl::string_view>(22)));
  EXPECT_THAT(findings_, Each(Field(&Finding::code, &row_code::kRequired)));
  EXPECT_THAT(Warnings(), ElementsAre("orgSpecificCertificateTypeId", "historyKey", "myNumber", "name", "nameKana",
                                      "address", "dateOfBirth", "sex", "isNotDisclosed", "certificationName",
                                      "isAlwaysReimbursement", "validFrom", "validTo", "certificationDetail"));
}

TEST_F(PmhProfileTest, EachRuleOfTheSpecificationIsHeld) {
  const std::string long_text(101, 'x');
  const std::pair<size_t, absl::string_view> kWrong[] = {
      {0, "A-1"},         {0, absl::string_view(long_text).substr(0, 51)},
      {2, "21098765432"}, {2, "21098765432x"},
      {6, "2013-13-01"},  {7, "9"},
      {8, "maybe"},       {9, "8765432"},
      {10, long_text},    {11, absl::string_view(long_text).substr(0, 31)},
      {17, "2"},          {18, "[]"},
      {19, "2025-02-30"}, {20, "2025-03-31"},
      {21, "{}"},         {21, "[1]"}};
  for (const auto& [field, value] : kWrong) {
    std::vector<absl::string_view> raw = sample_;
    raw[field] = value;
    EXPECT_FALSE(Run(raw)) << profile_.fields[field].name;
  }
}

// Nothing a source can hold breaks the rules, and what they made is left alone by them.
TEST_F(PmhProfileTest, CanonicalRecordIsItsOwnCanonicalForm) {
  const char* const kPieces[] = {"",       "1",      "2025-04-01", "H7.4.1", "愛知", "ｶﾞ",        "カ\u3099", " ",
                                 "\u3000", "\n",     "１",         "[",      "]",    "{\"a\":1}", "男",       "\xE3",
                                 "\xFF",   "\uE000", "é",          "0",      ",",    "-"};
  std::mt19937 random(20260102);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (unsigned size = random() % 6; size > 0; --size) text += kPieces[random() % std::size(kPieces)];
    std::vector<absl::string_view> raw = sample_;
    raw[random() % raw.size()] = text;
    if (!Run(raw)) continue;
    const std::vector<std::string> once = values_;
    ASSERT_TRUE(Run(std::vector<absl::string_view>(once.begin(), once.end()))) << text;
    ASSERT_EQ(values_, once) << text;
  }
}

}  // namespace
}  // namespace sabun
