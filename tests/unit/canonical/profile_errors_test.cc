// Every way in which a profile can be wrong: the error gives the line and the reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/canonical/profile.h"

namespace sabun {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kHead[] = "[profile]\nname = \"p\"\nversion = \"1\"\n";       // Lines 1 to 3.
constexpr char kRecord[] = "[record]\nkey = [\"id\"]\n";                     // Lines 4 and 5.
constexpr char kKeyField[] = "[[field]]\nname = \"id\"\nrequired = true\n";  // Lines 6 to 8.

struct WrongProfile {
  std::string toml;
  const char* reason;  // With its line.
};

// A profile whose second field begins at line 9 and has `members` from line 11 on.
std::string WithField(absl::string_view members) {
  return absl::StrCat(kHead, kRecord, kKeyField, "[[field]]\nname = \"f\"\n", members);
}
// A profile whose [record] has `members` from line 5 on, with fields id (string), day, end (dates).
std::string WithRecord(absl::string_view members) {
  return absl::StrCat(kHead, "[record]\n", members, "\n", kKeyField, "[[field]]\nname=\"day\"\ntype=\"date\"\n",
                      "[[field]]\nname=\"end\"\ntype=\"date\"\n");
}

void ExpectErrors(const std::vector<WrongProfile>& profiles) {
  for (const WrongProfile& wrong : profiles) {
    const absl::Status status = ParseProfile(wrong.toml).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong.reason;
    EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat("profile:", wrong.reason)));
    EXPECT_THAT(std::string(status.message()), HasSubstr(" / "));
  }
}

TEST(ProfileErrors, BasesAreRight) {
  EXPECT_TRUE(ParseProfile(WithField("")).ok());
  EXPECT_TRUE(ParseProfile(WithRecord("key = [\"id\"]")).ok());
}

TEST(ProfileErrors, File) {
  ExpectErrors({
      {"", "1: a table [profile] is needed"},
      {"\n[profile\n", "2: not TOML: "},
      {"[profile]\nname = \"\xFF\"\n", "2: not TOML: "},
      {"[profile]\nname = \"a\"\nname = \"b\"\n", "3: not TOML: "},
      {std::string((1 << 20) + 1, '\n'), "1: a profile has at most 1 MiB"},
      {"profile = 1\n", "1: a table [profile] is needed"},
      {kHead, "1: a table [record] is needed"},
      {absl::StrCat("record = 1\n", kHead), "1: a table [record] is needed"},
  });
}

TEST(ProfileErrors, TopLevelTables) {
  ExpectErrors({
      {absl::StrCat(WithField(""), "[hubs]\n"), "11: unknown name \"hubs\"; did you mean \"hub\"?"},
      {absl::StrCat(WithField(""), "[[fields]]\nname = \"g\"\n"),
       "11: unknown name \"fields\"; did you mean \"field\"?"},
      {absl::StrCat("extra = 1\n", WithField("")), "1: unknown name \"extra\"; did you mean"},
      {absl::StrCat("zz = 1\naa = 1\n", WithField("")), "1: unknown name \"zz\""},
      {absl::StrCat(kHead, kRecord), "1: [[field]] tables are needed"},
      {absl::StrCat(kHead, kRecord, "[field]\nname = \"id\"\n"), "6: [[field]] tables are needed"},
      {absl::StrCat("field = []\n", kHead, kRecord), "1: [[field]] tables are needed"},
      {absl::StrCat("field = [1]\n", kHead, kRecord), "1: [[field]] tables are needed"},
  });
}

TEST(ProfileErrors, Head) {
  const std::string rest = absl::StrCat(kRecord, kKeyField);
  ExpectErrors({
      {absl::StrCat("[profile]\nversion = \"1\"\n", rest), "1: name is missing"},
      {absl::StrCat("[profile]\nname = \"p\"\n", rest), "1: version is missing"},
      {absl::StrCat("[profile]\nname = \"P\"\nversion = \"1\"\n", rest), "2: name must be of a-z 0-9 . _ -"},
      {absl::StrCat("[profile]\nname = \"\"\nversion = \"1\"\n", rest), "2: name must have 1 to 64 bytes"},
      {absl::StrCat("[profile]\nname = \"p\"\nversion = 1\n", rest), "3: version must be a text"},
      {absl::StrCat(kHead, "title = \"t\"\n", rest), "4: unknown name \"title\"; did you mean \"title_"},
      {absl::StrCat(kHead, "title_ja = \"a\\nb\"\n", rest), "4: title_ja must have 1 to 1000 bytes and no control"},
      {absl::StrCat(kHead, "title_en = 1\n", rest), "4: title_en must be a text"},
      {absl::StrCat(kHead, "source = 1\n", rest), "4: source must be a text"},
  });
}

TEST(ProfileErrors, Record) {
  ExpectErrors({
      {WithRecord("keys = [\"id\"]"), "5: unknown name \"keys\"; did you mean \"key\"?"},
      {WithRecord(""), "4: key must list 1 to 8 fields"},
      {WithRecord("key = \"id\""), "5: key must be an array that is not empty"},
      {WithRecord("key = []"), "5: key must be an array that is not empty"},
      {WithRecord("key = [1]"), "5: key must list different texts"},
      {WithRecord("key = [\"id\", \"id\"]"), "5: key must list different texts"},
      {WithRecord("key = [\"ids\"]"), "5: key names \"ids\", which is no field"},
      {WithRecord("key = [\"day\"]"), "5: the key field day must be a string with canonical = [\"trim\"] alone"},
      {WithRecord("key = [\"id\"]\nidentity = [\"id\"]"), "6: identity names the key field id, which cannot change"},
      {WithRecord("key = [\"id\"]\nidentity = [\"x\"]"), "6: identity names \"x\", which is no field"},
      {WithRecord("key = [\"id\"]\nidentity = []"), "6: identity must be an array that is not empty"},
      {WithRecord("key = [\"id\"]\nfingerprint = \"xxh3\""), "6: unknown name \"xxh3\"; did you mean \"xxh3-128\"?"},
      {WithRecord("key = [\"id\"]\nfingerprint = 128"), "6: fingerprint must be a text"},
      {WithRecord("key = [\"id\"]\nfingerprint = \"\""), "6: fingerprint must have 1 to 1000 bytes"},
      {WithRecord("key = [\"id\"]\ndate_formats = [\"isso\"]"), "6: unknown name \"isso\"; did you mean \"iso\"?"},
      {WithRecord("key = [\"id\"]\ndate_formats = \"iso\""), "6: date_formats must be an array that is not empty"},
  });
}

TEST(ProfileErrors, Periods) {
  ExpectErrors({
      {WithRecord("key = [\"id\"]\nperiods = []"), "6: periods must be an array that is not empty"},
      {WithRecord("key = [\"id\"]\nperiods = [\"day\", \"end\"]"), "6: periods must list arrays"},
      {WithRecord("key = [\"id\"]\nperiods = [[\"day\"]]"), "6: each period must be two different date fields"},
      {WithRecord("key = [\"id\"]\nperiods = [[]]"), "6: each period must be two different date fields"},
      {WithRecord("key = [\"id\"]\nperiods = [[\"day\", \"id\"]]"), "6: each period must be two different date fields"},
      {WithRecord("key = [\"id\"]\nperiods = [[\"day\", \"day\"]]"), "6: periods must list different texts"},
      {WithRecord("key = [\"id\"]\nperiods = [[\"day\", \"fin\"]]"), "6: periods names \"fin\", which is no field"},
      {WithRecord("key = [\"id\"]\nperiods = [[\"day\", 1]]"), "6: periods must list different texts"},
  });
}

TEST(ProfileErrors, KeyField) {
  const auto with_key = [](absl::string_view members) {
    return absl::StrCat(kHead, kRecord, "[[field]]\nname = \"id\"\n", members);
  };
  ExpectErrors({
      {with_key(""), "5: the key field id must be required"},
      {with_key("required = true\ncanonical = [\"trim\", \"nfc\"]"),
       "5: the key field id must be a string with canonical"},
      {with_key("required = true\ntype = \"boolean\""), "5: the key field id must be a string with canonical"},
      {with_key("required = true\nmy_number = true"), "5: the key field id is a My Number: fingerprint must be hmac"},
      {with_key("required = true\ncheck_digit = \"my_number\""),
       "5: the key field id is a My Number: fingerprint must be"},
  });
}

TEST(ProfileErrors, KeyFieldWithMyNumberIsTakenWithHmac) {
  EXPECT_TRUE(
      ParseProfile(absl::StrCat(kHead, kRecord, "fingerprint = \"hmac-sha256-128\"\n", kKeyField, "my_number = true\n"))
          .ok());
}

TEST(ProfileErrors, FieldNames) {
  const auto named = [](absl::string_view name) {
    return absl::StrCat(kHead, kRecord, kKeyField, "[[field]]\n", name);
  };
  ExpectErrors({
      {named("type = \"date\""), "9: name is missing"},
      {named("name = 1"), "10: name must be a text"},
      {named("name = \"\""), "10: name must have 1 to 64 bytes"},
      {named(absl::StrCat("name = \"", std::string(65, 'a'), "\"")), "10: name must have 1 to 64 bytes"},
      {named("name = \"1a\""), "10: name must be ASCII letters, digits and \"_\""},
      {named("name = \"a-b\""), "10: name must be ASCII letters, digits and \"_\""},
      {named("name = \"氏名\""), "10: name must be ASCII letters, digits and \"_\""},
      {named("name = \"id\""), "10: the name id is taken by another field"},
      {WithField("label_ja = \"id\""), "11: the label id is taken by another field"},
      {WithField("label_ja = \"\""), "11: label_ja must have 1 to 200 bytes"},
      {WithField("label_ja = \"a\"\n[[field]]\nname = \"g\"\nlabel_ja = \"a\""), "14: the label a is taken by another"},
      {WithField("label_ja = \"g\"\n[[field]]\nname = \"g\""), "13: the name g is taken by another field"},
  });
}

TEST(ProfileErrors, FieldMembers) {
  ExpectErrors({
      {WithField("lable_ja = \"a\""), "11: unknown name \"lable_ja\"; did you mean \"label_ja\"?"},
      {WithField("requird = true"), "11: unknown name \"requird\"; did you mean \"required\"?"},
      {WithField("required = 1"), "11: required must be true or false"},
      {WithField("personal = \"yes\""), "11: personal must be true or false"},
      {WithField("my_number = 1"), "11: my_number must be true or false"},
      {WithField("type = \"text\""), "11: unknown name \"text\"; did you mean"},
      {WithField("type = \"json-array\""), "11: unknown name \"json-array\"; did you mean \"json_array\"?"},
      {WithField("characters = \"digit\""), "11: unknown name \"digit\"; did you mean \"digits\"?"},
      {WithField("check_digit = \"mynumber\""), "11: unknown name \"mynumber\"; did you mean \"my_number\"?"},
      {WithField("type = \"json_array\"\nelements = \"objects\""),
       "12: unknown name \"objects\"; did you mean \"object\"?"},
      {WithField("path = 1"), "11: path must be a text"},
      {WithField("json = true"), "11: json must be a text"},
  });
}

TEST(ProfileErrors, Lengths) {
  ExpectErrors({
      {WithField("max_length = 0"), "11: max_length must be a whole number from 1 to 100000"},
      {WithField("max_length = 100001"), "11: max_length must be a whole number from 1 to 100000"},
      {WithField("max_length = -1"), "11: max_length must be a whole number from 1 to 100000"},
      {WithField("max_length = \"1\""), "11: max_length must be a whole number from 1 to 100000"},
      {WithField("exact_length = 1.5"), "11: exact_length must be a whole number from 1 to 100000"},
      {WithField("max_length = 1\nexact_length = 1"), "12: give max_length or exact_length, not both"},
  });
}

TEST(ProfileErrors, CanonicalRules) {
  ExpectErrors({
      {WithField("canonical = [\"trim\", \"nfkc\"]"), "11: unknown name \"nfkc\"; did you mean \"nfc\"?"},
      {WithField("canonical = [\"nfc\"]"), "11: canonical must list \"trim\""},
      {WithField("canonical = []"), "11: canonical must be an array that is not empty"},
      {WithField("canonical = \"trim\""), "11: canonical must be an array that is not empty"},
      {WithField("canonical = [\"trim\", \"trim\"]"), "11: canonical must list different texts"},
      {WithField("canonical = [\"trim\", \"spaces_fold\", \"spaces_fold_wide\"]"),
       "11: give spaces_fold or spaces_fold_wide"},
      {WithField("type = \"date\"\ncanonical = [\"trim\", \"nfc\"]"),
       "12: a date or JSON field has a canonical rule of its own"},
      {WithField("type = \"json_object\"\ncanonical = [\"trim\", \"nfc\"]"),
       "12: a date or JSON field has a canonical rule"},
  });
}

TEST(ProfileErrors, Codes) {
  ExpectErrors({
      {WithField("type = \"code\""), "9: type code needs codes"},
      {WithField("type = \"code\"\ncodes = {}"), "12: codes must be a table that is not empty"},
      {WithField("type = \"code\"\ncodes = [\"1\"]"), "12: codes must be a table that is not empty"},
      {WithField("type = \"code\"\ncodes = { \"1\" = 1 }"), "12: 1 must be a text"},
      {WithField("type = \"code\"\ncodes = { \"1\" = \"\" }"), "12: 1 must have 1 to 1000 bytes"},
      {WithField("type = \"code\"\ncodes = { \" 1\" = \"1\" }"), "12: the spelling \" 1\" can never match"},
      {WithField("type = \"code\"\ncanonical = [\"trim\", \"ascii_halfwidth\"]\ncodes = { \"１\" = \"1\" }"),
       "13: the spelling \"１\" can never match"},
      {WithField("type = \"boolean\"\ncodes = { \"1\" = \"yes\" }"),
       "12: a boolean's codes must stand for \"true\" or \"false\""},
  });
}

TEST(ProfileErrors, MembersThatHaveNoEffectOnTheType) {
  ExpectErrors({
      {WithField("type = \"date\"\nmax_length = 1"), "12: max_length needs type string, json_object, json_array"},
      {WithField("type = \"json_object\"\nexact_length = 1"), "12: exact_length needs type string"},
      {WithField("type = \"date\"\ncharacters = \"digits\""), "12: characters needs type string"},
      {WithField("type = \"code\"\ncodes = {a=\"1\"}\ncheck_digit = \"my_number\""),
       "13: check_digit needs type string"},
      {WithField("type = \"date\"\nmy_number = true"), "12: my_number needs type string"},
      {WithField("date_formats = [\"iso\"]"), "11: date_formats needs type date"},
      {WithField("type = \"json_object\"\nelements = \"any\""), "12: elements needs type json_array"},
      {WithField("codes = { a = \"1\" }"), "11: codes needs type boolean, code"},
      {WithField("type = \"date\"\ndate_formats = [\"ISO\"]"), "12: unknown name \"ISO\""},
  });
}

TEST(ProfileErrors, SizesAreBounded) {
  std::string fields = absl::StrCat(kHead, kRecord, kKeyField);
  for (int i = 1; i < 256; ++i) absl::StrAppend(&fields, "[[field]]\nname = \"f", i, "\"\n");
  EXPECT_TRUE(ParseProfile(fields).ok());
  std::string codes = "type = \"code\"\n[field.codes]\n";
  for (int i = 0; i < 4097; ++i) absl::StrAppend(&codes, i, " = \"1\"\n");
  std::string keys = "key = [";
  for (int i = 1; i <= 9; ++i) absl::StrAppend(&keys, "\"f", i, "\",");
  ExpectErrors({
      {absl::StrCat(fields, "[[field]]\nname = \"g\"\n"), "6: at most 256 fields"},
      {WithField(codes), "12: at most 4096 codes"},
      {absl::StrCat(kHead, "[record]\n", keys, "]\n", fields.substr(fields.find("[[field]]"))),
       "5: key must list 1 to 8 fields"},
  });
}

TEST(ProfileErrors, FirstErrorIsTheOneReported) {
  ExpectErrors(
      {{absl::StrCat("[profile]\nname = \"P\"\nversion = 1\n", kRecord, kKeyField), "2: name must be of a-z"}});
}

TEST(ProfileErrors, LongUnknownNameIsCutShort) {
  const absl::Status status = ParseProfile(WithField(absl::StrCat(std::string(100'000, 'x'), " = 1"))).status();
  EXPECT_LT(status.message().size(), 1000U);
}

}  // namespace
}  // namespace sabun
