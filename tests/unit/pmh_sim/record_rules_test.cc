#include "tests/pmh_sim/record_rules.h"

#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "tests/unit/pmh_sim/sample_element.h"

namespace sabun {
namespace {

using nlohmann::json;

std::string CodeWith(const char* member, const json& value) {
  json element = SampleElement();
  element[json::json_pointer(member)] = value;
  const ReadElement read(element);
  if (const auto broken = CheckShape(read)) return broken->code;
  const auto broken = CheckContent(read);
  return broken ? broken->code : "";
}

std::string CodeWithout(const char* member) {
  json element = SampleElement();
  element.erase(member);
  const auto broken = CheckContent(ReadElement(element));
  return broken ? broken->code : "";
}

TEST(RecordRules, PublishedSampleIsRight) {
  EXPECT_FALSE(CheckShape(ReadElement(SampleElement())));
  EXPECT_FALSE(CheckContent(ReadElement(SampleElement())));
}

TEST(RecordRules, RequiredMembersMustBeThere) {
  for (const char* const member :
       {"orgSpecificCertificateTypeId", "myNumber", "basicFiveInfo", "isNotDisclosed", "certificationName",
        "isAlwaysReimbursement", "validFrom", "validTo", "historyKey", "isDeleted", "certificationDetail"}) {
    EXPECT_EQ(CodeWithout(member), "E1001") << member;
  }
  EXPECT_EQ(CodeWith("/basicFiveInfo/name", ""), "E1001");
}

TEST(RecordRules, OptionalMembersMayBeAbsent) {
  EXPECT_EQ(CodeWithout("medicalSubsidyInsurerNumber"), "");
  EXPECT_EQ(CodeWithout("medicalSubsidyRecipientNumber"), "");
}

TEST(RecordRules, LengthsCountCharacters) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "証";
  EXPECT_EQ(CodeWith("/certificationName", name), "");
  EXPECT_EQ(CodeWith("/certificationName", name + "証"), "E1002");
  EXPECT_EQ(CodeWith("/myNumber", "21098765432"), "E1002");
  EXPECT_EQ(CodeWith("/medicalSubsidyInsurerNumber", "1234567"), "E1002");
  EXPECT_EQ(CodeWith("/orgSpecificCertificateTypeId", std::string(51, 'a')), "E1002");
}

TEST(RecordRules, FormsAreChecked) {
  EXPECT_EQ(CodeWith("/myNumber", "21098765432x"), "E1003");
  EXPECT_EQ(CodeWith("/orgSpecificCertificateTypeId", "A-1"), "E1003");
  EXPECT_EQ(CodeWith("/isAlwaysReimbursement", "2"), "E1003");
  EXPECT_EQ(CodeWith("/basicFiveInfo/sex", "M"), "E1003");
  EXPECT_EQ(CodeWith("/basicFiveInfo/address", "a\nb"), "E1003");
  EXPECT_EQ(CodeWith("/validFrom", "2023-02-29"), "E1004");
  EXPECT_EQ(CodeWith("/validTo", "2024/01/01"), "E1004");
  EXPECT_EQ(CodeWith("/basicFiveInfo/dateOfBirth", "平成1年1月1日"), "E1004");
}

TEST(RecordRules, MembersNobodyPublishedAreWrong) {
  EXPECT_EQ(CodeWith("/extra", "x"), "E1005");
  EXPECT_EQ(CodeWith("/basicFiveInfo/extra", "x"), "E1005");
}

TEST(RecordRules, MemberThatIsThereTwiceIsWrong) {
  const std::string once = SampleElement().dump();
  simdjson::dom::parser parser;
  const std::string twice = once.substr(0, once.size() - 1) + R"(,"validTo":"2025-09-30"})";
  EXPECT_EQ(CheckContent(parser.parse(twice).value_unsafe())->code, "E1005");
}

TEST(RecordRules, WrongTypesSpoilTheShape) {
  EXPECT_EQ(CodeWith("/myNumber", 210987654321), "E4001");
  EXPECT_EQ(CodeWith("/isDeleted", "false"), "E4001");
  EXPECT_EQ(CodeWith("/isAlwaysReimbursement", false), "E4001");
  EXPECT_EQ(CodeWith("/maxCopaymentAmount", "5000"), "E4001");
  EXPECT_EQ(CodeWith("/certificationDetail", json::array({1})), "E4001");
  EXPECT_EQ(CodeWith("/basicFiveInfo/name", 1), "E4001");
  EXPECT_EQ(CheckShape(ReadElement(json(3)))->code, "E4001");
}

}  // namespace
}  // namespace sabun
