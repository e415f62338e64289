#include "engine/canonical/canonicalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace sabun {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kProfile[] = R"(
[profile]
name = "test"
version = "1"
[record]
key = ["id"]
periods = [["from", "to"]]
date_formats = ["iso", "wareki_latin"]
[[field]]
name = "id"
required = true
max_length = 5
characters = "ascii_alnum"
[[field]]
name = "name"
max_length = 6
canonical = ["trim", "nfc", "kana_fullwidth", "spaces_fold_wide"]
[[field]]
name = "number"
exact_length = 12
characters = "digits"
canonical = ["trim", "digits_halfwidth"]
check_digit = "my_number"
[[field]]
name = "insurer"
check_digit = "insurer_number"
[[field]]
name = "from"
type = "date"
[[field]]
name = "to"
type = "date"
[[field]]
name = "sex"
type = "code"
canonical = ["trim", "ascii_halfwidth"]
codes = { "1" = "1", "男" = "1", "2" = "2", "女" = "2" }
[[field]]
name = "hidden"
type = "boolean"
codes = { "" = "false", "1" = "true" }
[[field]]
name = "amount"
type = "json_object"
max_length = 20
[[field]]
name = "detail"
type = "json_array"
elements = "object"
required = true
)";
constexpr size_t kFields = 10;

class CanonicalizerTest : public testing::Test {
 protected:
  // Runs a record that is right but for the named fields; findings are "CODE field".
  bool Run(const std::vector<std::pair<std::string, std::string>>& changes) {
    std::vector<absl::string_view> raw(kFields);
    raw[0] = "A1";
    raw[9] = "[]";
    for (const auto& [name, value] : changes) raw[Index(name)] = value;
    std::vector<Finding> found;
    const bool valid = canonicalizer_.Run(raw, &run_, &found);
    values_ = std::vector<std::string>(run_.get().begin(), run_.get().end());
    findings_.clear();
    for (const Finding& f : found) findings_.push_back(std::string(f.code->code) + " " + std::string(f.field));
    return valid;
  }
  // The canonical value of one field, or its finding.
  std::string One(const std::string& name, const std::string& value) {
    return Run({{name, value}}) ? values_[Index(name)] : findings_[0];
  }
  size_t Index(absl::string_view name) const {
    size_t i = 0;
    while (profile_.fields[i].name != name) ++i;
    return i;
  }

  const Profile profile_ = *ParseProfile(kProfile);
  const Canonicalizer canonicalizer_{profile_};
  CanonicalValues run_;
  std::vector<std::string> values_;
  std::vector<std::string> findings_;
};

TEST_F(CanonicalizerTest, AbsentValuesAreEmpty) {
  EXPECT_TRUE(Run({}));
  EXPECT_THAT(values_, ElementsAre("A1", "", "", "", "", "", "", "false", "", "[]"));
  EXPECT_THAT(findings_, IsEmpty());
}

TEST_F(CanonicalizerTest, PaddingIsCosmetic) {
  EXPECT_TRUE(Run({{"id", "  A1\u3000"},
                   {"name", "\t愛知 "},
                   {"from", " 2013-01-01 "},
                   {"sex", "女 "},
                   {"hidden", "  "},
                   {"detail", " [ ] "}}));
  EXPECT_THAT(values_, ElementsAre("A1", "愛知", "", "", "2013-01-01", "", "2", "false", "", "[]"));
}

TEST_F(CanonicalizerTest, KanaWidthAndSpacesAreCosmetic) {
  EXPECT_EQ(One("name", "ｱﾂﾞ  ﾊﾅ"), One("name", "アヅ\u3000ハナ"));
  EXPECT_EQ(One("name", "カ\u3099"), "ガ");
}

TEST_F(CanonicalizerTest, WarekiIsCosmetic) { EXPECT_EQ(One("from", "H25.1.1"), "2013-01-01"); }

TEST_F(CanonicalizerTest, WidthOfDigitsIsCosmeticWhereTheProfileSaysSo) {
  EXPECT_EQ(One("number", "１２３４５６７８９０１８"), "123456789018");
  EXPECT_EQ(One("id", "Ａ１"), "FIELD-CHARACTERS id");
}

TEST_F(CanonicalizerTest, CodesHaveOneValue) {
  for (const char* spelling : {"2", "２", "女", " 女"}) EXPECT_EQ(One("sex", spelling), "2") << spelling;
  EXPECT_EQ(One("sex", "3"), "FIELD-CODE sex");
  EXPECT_EQ(One("sex", ""), "");
  EXPECT_EQ(One("hidden", ""), "false");
  EXPECT_EQ(One("hidden", "1"), "true");
  EXPECT_EQ(One("hidden", "true"), "FIELD-CODE hidden");
}

TEST_F(CanonicalizerTest, JsonIsOneSpelling) {
  EXPECT_EQ(One("amount", "{ \"b\" : 1,\r\n \"a\" : 2 }"), R"({"a":2,"b":1})");
  EXPECT_EQ(One("amount", "[]"), "FIELD-JSON amount");
  EXPECT_EQ(One("amount", "{"), "FIELD-JSON amount");
  EXPECT_EQ(One("amount", "{\"a\":\"0123456789012\"}"), "FIELD-LENGTH amount");
  EXPECT_EQ(One("detail", "[1]"), "FIELD-JSON detail");
}

TEST_F(CanonicalizerTest, RequiredFieldMayNotBeEmpty) {
  EXPECT_EQ(One("id", ""), "FIELD-REQUIRED id");
  EXPECT_EQ(One("id", " \u3000"), "FIELD-REQUIRED id");
  EXPECT_EQ(One("detail", ""), "FIELD-REQUIRED detail");
}

TEST_F(CanonicalizerTest, LengthIsCountedInCharactersOfTheCanonicalValue) {
  EXPECT_EQ(One("name", "愛知花子愛知"), "愛知花子愛知");
  EXPECT_EQ(One("name", " ｶﾞｶﾞｶﾞｶﾞｶﾞｶﾞ "), "ガガガガガガ");
  EXPECT_EQ(One("name", "愛知花子愛知県"), "FIELD-LENGTH name");
  EXPECT_EQ(One("name", "𠮷𠮷𠮷𠮷𠮷𠮷"), "𠮷𠮷𠮷𠮷𠮷𠮷");
  EXPECT_EQ(One("number", "12345678901"), "FIELD-LENGTH number");
  EXPECT_EQ(One("number", "1234567890188"), "FIELD-LENGTH number");
}

TEST_F(CanonicalizerTest, HugeValueIsTooLongWithoutWork) {
  EXPECT_EQ(One("name", std::string(1'000'000, 'x')), "FIELD-LENGTH name");
  EXPECT_EQ(One("from", std::string(1'000'000, '1')), "FIELD-LENGTH from");
  EXPECT_EQ(One("detail", std::string(1'000'000, '[')), "FIELD-LENGTH detail");
  EXPECT_EQ(One("sex", std::string(1'000'000, '1')), "FIELD-LENGTH sex");
}

TEST_F(CanonicalizerTest, UnreadableCharactersAreErrorsInEveryField) {
  for (const char* name : {"id", "name", "from", "sex", "amount", "detail"}) {
    for (const std::string& value :
         {std::string("a\0b", 3), std::string("\xE3\x81"), std::string("a\x1B"), std::string("\x7F")}) {
      EXPECT_EQ(One(name, value), std::string("FIELD-ENCODING ") + name);
    }
  }
}

TEST_F(CanonicalizerTest, LineBreaksAreTakenOnlyWhereTheyAreFolded) {
  EXPECT_EQ(One("name", "愛知\r\n花子"), "愛知\u3000花子");
  EXPECT_EQ(One("name", "\r\n"), "");
  EXPECT_EQ(One("id", "A\n1"), "FIELD-ENCODING id");
  EXPECT_EQ(One("insurer", "1\t2"), "FIELD-ENCODING insurer");
}

TEST_F(CanonicalizerTest, CharactersOutsideTheClassAreErrors) {
  EXPECT_EQ(One("id", "A-1"), "FIELD-CHARACTERS id");
  EXPECT_EQ(One("number", "12345678901x"), "FIELD-CHARACTERS number");
  EXPECT_EQ(One("name", "\uE000"), "FIELD-CHARACTERS name");
}

TEST_F(CanonicalizerTest, WrongDatesAreErrors) {
  EXPECT_EQ(One("from", "2013-02-29"), "FIELD-DATE from");
  EXPECT_EQ(One("from", "2013/01/01"), "FIELD-DATE from");
  EXPECT_EQ(One("from", "H31.5.1"), "FIELD-DATE from");
}

TEST_F(CanonicalizerTest, PeriodMayNotEndBeforeItBegins) {
  EXPECT_FALSE(Run({{"from", "2013-01-02"}, {"to", "2013-01-01"}}));
  EXPECT_THAT(findings_, ElementsAre("PERIOD-ORDER to"));
  EXPECT_TRUE(Run({{"from", "2013-01-01"}, {"to", "2013-01-01"}}));
  EXPECT_TRUE(Run({{"from", "2013-01-01"}}));
  EXPECT_TRUE(Run({{"to", "2013-01-01"}}));
}

TEST_F(CanonicalizerTest, PeriodWithAWrongDateHasOneError) {
  EXPECT_FALSE(Run({{"from", "2013-01-02"}, {"to", "2012-13-01"}}));
  EXPECT_THAT(findings_, ElementsAre("FIELD-DATE to"));
}

TEST_F(CanonicalizerTest, WrongCheckDigitWarnsOnly) {
  EXPECT_TRUE(Run({{"number", "210987654321"}, {"insurer", "87654321"}}));
  EXPECT_THAT(findings_, ElementsAre("CHECK-DIGIT number", "CHECK-DIGIT insurer"));
  EXPECT_EQ(values_[2], "210987654321");
  EXPECT_TRUE(Run({{"number", "123456789018"}, {"insurer", "81136244"}}));
  EXPECT_THAT(findings_, IsEmpty());
}

TEST_F(CanonicalizerTest, EveryWrongFieldIsNamedOnce) {
  EXPECT_FALSE(Run({{"id", "愛知県愛知県"}, {"number", "x"}, {"from", "x"}, {"sex", "x"}, {"detail", ""}}));
  EXPECT_THAT(findings_, ElementsAre("FIELD-LENGTH id", "FIELD-LENGTH number", "FIELD-DATE from", "FIELD-CODE sex",
                                     "FIELD-REQUIRED detail"));
}

TEST_F(CanonicalizerTest, KeyIsTheTrimmedTextWhateverElseIsWrong) {
  EXPECT_FALSE(Run({{"id", " A1 "}, {"from", "x"}}));
  EXPECT_EQ(values_[0], "A1");
  EXPECT_FALSE(Run({{"id", " A-1 "}}));
  EXPECT_EQ(values_[0], "A-1");
}

TEST_F(CanonicalizerTest, NothingIsLeftFromTheRecordBefore) {
  EXPECT_TRUE(Run({{"name", "愛知"}, {"from", "2013-01-01"}, {"sex", "1"}, {"amount", "{}"}}));
  EXPECT_TRUE(Run({}));
  EXPECT_THAT(values_, ElementsAre("A1", "", "", "", "", "", "", "false", "", "[]"));
  EXPECT_FALSE(Run({{"from", "2013-01-01"}, {"to", "x"}}));
  EXPECT_TRUE(Run({}));
  EXPECT_THAT(findings_, IsEmpty());
}

TEST_F(CanonicalizerTest, ThreadsShareOne) {
  const auto run = [this] {
    std::vector<absl::string_view> raw = {"A1", "カ\u3099",           "",  "", "H25.1.1", "", "女",
                                          "1",  "{\"b\":1, \"a\":2}", "[]"};
    CanonicalValues values;
    std::vector<Finding> findings;
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(canonicalizer_.Run(raw, &values, &findings));
    EXPECT_THAT(values.get(),
                ElementsAre("A1", "ガ", "", "", "2013-01-01", "", "2", "true", "{\"a\":2,\"b\":1}", "[]"));
  };
  std::thread other(run);
  run();
  other.join();
}

}  // namespace
}  // namespace sabun
