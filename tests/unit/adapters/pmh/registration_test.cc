#include "adapters/pmh/registration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "adapters/client/packing.h"
#include "tests/unit/adapters/pmh/sample_records.h"

namespace sabun {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Packed(const std::vector<std::string>& values) {
  std::string packed;
  for (const std::string& value : values) client::AppendPackedField(value, &packed);
  return packed;
}

class RegistrationTest : public ::testing::Test {
 protected:
  std::string Element(const std::vector<std::string>& values, v1::ChangeOp op = v1::CHANGE_OP_ADD) {
    std::string out;
    status_ = writer_.AppendElement(op, Packed(values), out);
    return out;
  }

  const RegistrationWriter writer_{Parsed(
      "[[field]]\nname='a'\n[[field]]\nname='b'\npath='in.b'\n[[field]]\nname='c'\npath='in.deep.c'\njson='boolean'\n"
      "[[field]]\nname='d'\njson='raw'")};
  absl::Status status_;
};

TEST_F(RegistrationTest, ValuesStandAtTheirPlaces) {
  EXPECT_EQ(Element({"x", "y", "true", "[1]"}),
            R"({"a":"x","in":{"b":"y","deep":{"c":true}},"d":[1],"isDeleted":false})");
}

TEST_F(RegistrationTest, DeletionIsTheRecordWithTheFlag) {
  EXPECT_EQ(Element({"x", "y", "0", "{}"}, v1::CHANGE_OP_DELETE),
            R"({"a":"x","in":{"b":"y","deep":{"c":false}},"d":{},"isDeleted":true})");
}

TEST_F(RegistrationTest, AbsentValuesAndEmptyObjectsAreLeftOut) {
  EXPECT_EQ(Element({"x", "", "", ""}), R"({"a":"x","isDeleted":false})");
  EXPECT_EQ(Element({"", "", "1", ""}), R"({"in":{"deep":{"c":true}},"isDeleted":false})");
  EXPECT_EQ(Element({"", "", "", ""}), R"({"isDeleted":false})");
}

TEST_F(RegistrationTest, TextIsEscaped) {
  const std::string text = std::string("\"\\\n\r\t\x01\x1f/") + "愛𠮷";
  EXPECT_EQ(nlohmann::json::parse(Element({text, "", "", ""})).at("a"), text);
  EXPECT_THAT(Element({"\x01", "", "", ""}), HasSubstr("\\u0001"));
}

TEST_F(RegistrationTest, BadValuesNameTheFieldAndLeaveNothing) {
  EXPECT_EQ(Element({"\xff", "", "", ""}), "");
  EXPECT_EQ(status_.message(), "field a: is not UTF-8");
  EXPECT_EQ(Element({"\xed\xa0\x80", "", "", ""}), "");
  EXPECT_EQ(Element({"x", "", "yes", ""}), "");
  EXPECT_EQ(status_.message(), "field c: is no boolean");
  EXPECT_EQ(Element({"x", "", "", "[1"}), "");
  EXPECT_EQ(status_.message(), "field d: is not JSON");
}

TEST_F(RegistrationTest, WrongNumberOfFieldsIsAnError) {
  EXPECT_EQ(Element({"x"}), "");
  EXPECT_EQ(Element({"x", "", "", "", ""}), "");
  std::string out;
  EXPECT_FALSE(writer_.AppendElement(v1::CHANGE_OP_ADD, "\x05x", out).ok());
}

TEST(Registration, ShippedProfileMakesThePublishedShape) {
  const RegistrationWriter writer(Parsed(ShippedProfile()));
  std::string out;
  ASSERT_TRUE(writer.AppendElement(v1::CHANGE_OP_ADD, SampleRecord(), out).ok());
  const auto element = nlohmann::json::parse(out);
  EXPECT_EQ(element.at("basicFiveInfo").size(), 5u);
  EXPECT_EQ(element.at("isNotDisclosed"), false);
  EXPECT_EQ(element.at("isAlwaysReimbursement"), "0");
  EXPECT_EQ(element.at("medicalSubsidyRecipientNumber"), "0000002");
  EXPECT_TRUE(element.at("certificationDetail").is_array());
  EXPECT_FALSE(element.contains("segment"));
}

TEST(Registration, EveryByteIsEscapedWhereverItStands) {
  for (int byte = 1; byte < 0x80; ++byte) {
    for (std::size_t place = 0; place < 20; ++place) {
      std::string text(20, 'x');
      text[place] = static_cast<char>(byte);
      text += "愛";
      std::string out;
      AppendJsonString(text, out);
      ASSERT_EQ(nlohmann::json::parse(out).get<std::string>(), text) << byte << " at " << place;
    }
  }
}

}  // namespace
}  // namespace sabun
