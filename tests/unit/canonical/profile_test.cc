#include "engine/canonical/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "engine/canonical/date_rule.h"

namespace sabun {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr char kProfile[] = R"(# A comment.
[profile]
name = "test-1"
version = "2"
title_ja = "試験"
title_en = "Test"
source = "none"
[record]
key = ["id", "history"]
identity = ["number"]
fingerprint = "hmac-sha256-128"
periods = [["from", "to"]]
date_formats = ["iso", "wareki_digits"]
[[field]]
name = "id"
label_ja = "番号"
required = true
max_length = 50
characters = "ascii_alnum"
[[field]]
name = "history"
required = true
canonical = ["trim"]
[[field]]
name = "number"
personal = true
exact_length = 12
characters = "digits"
canonical = ["digits_halfwidth", "trim"]
check_digit = "my_number"
path = "a.b"
json = "string"
[[field]]
name = "from"
type = "date"
[[field]]
name = "to"
type = "date"
date_formats = ["compact"]
[[field]]
name = "sex"
type = "code"
codes = { "2" = "2", "女" = "2", "1" = "1" }
[[field]]
name = "hidden"
type = "boolean"
[[field]]
name = "detail"
type = "json_array"
elements = "object"
max_length = 9
[hub]
base_url = "http://localhost"
[[error]]
code = "E1"
)";

Profile Parse(absl::string_view toml) {
  absl::StatusOr<Profile> profile = ParseProfile(toml);
  EXPECT_TRUE(profile.ok()) << profile.status();
  return profile.ok() ? *std::move(profile) : Profile();
}

// The digest of the profile with the first occurrence of `from` in it replaced.
std::string DigestWith(absl::string_view from, absl::string_view to) {
  std::string text = kProfile;
  const size_t at = text.find(std::string(from));
  EXPECT_NE(at, std::string::npos) << from;
  return RulesDigest(Parse(text.replace(at, from.size(), std::string(to))));
}

TEST(Profile, HeadAndTextAreKept) {
  const Profile profile = Parse(kProfile);
  EXPECT_EQ(profile.name, "test-1");
  EXPECT_EQ(profile.version, "2");
  EXPECT_EQ(profile.text, kProfile);
  EXPECT_EQ(profile.fields.size(), 8U);
}

TEST(Profile, RecordTableNamesFieldsByIndex) {
  const Profile profile = Parse(kProfile);
  EXPECT_THAT(profile.key_fields, ElementsAre(0, 1));
  EXPECT_THAT(profile.identity_fields, ElementsAre(2));
  ASSERT_EQ(profile.periods.size(), 1U);
  EXPECT_EQ(profile.periods[0].from, 3U);
  EXPECT_EQ(profile.periods[0].to, 4U);
  EXPECT_TRUE(profile.hmac_scheme);
}

TEST(Profile, FieldHasWhatTheFileSays) {
  const ProfileField field = Parse(kProfile).fields[2];
  EXPECT_FALSE(field.required);
  EXPECT_TRUE(field.personal);
  EXPECT_TRUE(field.my_number);
  EXPECT_EQ(field.exact_length, 12U);
  EXPECT_EQ(field.characters, CharacterClass::kDigits);
  EXPECT_EQ(field.text_rules, kTrim | kDigitsHalfwidth);
  EXPECT_EQ(field.check_digit, CheckDigitRule::kMyNumber);
}

TEST(Profile, DefaultsAreAsDocumented) {
  const ProfileField field = Parse(kProfile).fields[1];
  EXPECT_EQ(field.type, FieldType::kString);
  EXPECT_EQ(field.max_length, kDefaultMaxLength);
  EXPECT_EQ(field.exact_length, 0U);
  EXPECT_EQ(field.characters, CharacterClass::kText);
  EXPECT_EQ(field.text_rules, kTrim);
  EXPECT_EQ(field.check_digit, CheckDigitRule::kNone);
  EXPECT_FALSE(field.personal || field.my_number);
}

TEST(Profile, DateFormatsOfTheFieldGoBeforeThoseOfTheRecord) {
  const Profile profile = Parse(kProfile);
  EXPECT_EQ(profile.fields[3].date_formats, kDateIso | kDateWarekiDigits);
  EXPECT_EQ(profile.fields[4].date_formats, kDateCompact);
  EXPECT_EQ(profile.fields[0].date_formats, 0U);
}

TEST(Profile, DateFormatsDefaultToIso) {
  const Profile profile = Parse(absl::StrReplaceAll(kProfile, {{"date_formats = [\"iso\", \"wareki_digits\"]\n", ""}}));
  EXPECT_EQ(profile.fields[3].date_formats, kDateIso);
}

TEST(Profile, CodesAreFoundBySpelling) {
  const Profile profile = Parse(kProfile);
  EXPECT_THAT(profile.fields[5].codes, ElementsAre(Pair("1", "1"), Pair("2", "2"), Pair("女", "2")));
  EXPECT_EQ(*profile.fields[5].FindCode("女"), "2");
  EXPECT_EQ(profile.fields[5].FindCode("男"), nullptr);
  EXPECT_EQ(profile.fields[5].FindCode(""), nullptr);
  EXPECT_THAT(profile.fields[6].codes, ElementsAre(Pair("false", "false"), Pair("true", "true")));
  EXPECT_TRUE(profile.fields[7].elements_objects);
}

TEST(RulesDigest, IsStable) {
  // A change of this value asks every dataset for all its rows again: it must be meant.
  EXPECT_EQ(RulesDigest(Parse(kProfile)), "12242657b94008dcc6a586e771d06ce1f51c3ed47fe203746d3c0d68481b3a43");
}

TEST(RulesDigest, DoesNotSeeWhatDecidesNothing) {
  const std::string digest = RulesDigest(Parse(kProfile));
  EXPECT_EQ(DigestWith("A comment", "Another comment"), digest);
  EXPECT_EQ(DigestWith("http://localhost", "http://elsewhere"), digest);
  EXPECT_EQ(DigestWith("code = \"E1\"", "code = \"E2\""), digest);
  EXPECT_EQ(DigestWith("version = \"2\"", "version = \"3\""), digest);
  EXPECT_EQ(DigestWith("試験", "別名"), digest);
  EXPECT_EQ(DigestWith("label_ja = \"番号\"", "label_ja = \"符号\""), digest);
  EXPECT_EQ(DigestWith("path = \"a.b\"", "path = \"a.c\""), digest);
  EXPECT_EQ(DigestWith("personal = true", "personal = false"), digest);
  EXPECT_EQ(DigestWith("[\"digits_halfwidth\", \"trim\"]", "[\"trim\", \"digits_halfwidth\"]"), digest);
  EXPECT_EQ(DigestWith("\"女\" = \"2\", \"1\" = \"1\"", "\"1\" = \"1\", \"女\" = \"2\""), digest);
}

TEST(RulesDigest, SeesEveryRule) {
  const std::pair<const char*, const char*> kChanges[] = {
      {"key = [\"id\", \"history\"]", "key = [\"history\", \"id\"]"},
      {"key = [\"id\", \"history\"]", "key = [\"id\"]"},
      {"identity = [\"number\"]\n", ""},
      {"hmac-sha256-128", "xxh3-128"},
      {"periods = [[\"from\", \"to\"]]\n", ""},
      {"\"iso\", \"wareki_digits\"", "\"iso\""},
      {"[\"compact\"]", "[\"slash\"]"},
      {"max_length = 50", "max_length = 51"},
      {"exact_length = 12", "max_length = 12"},
      {"ascii_alnum", "printable_ascii"},
      {"[\"digits_halfwidth\", \"trim\"]", "[\"trim\"]"},
      {"check_digit = \"my_number\"\n", ""},
      {"\"女\" = \"2\"", "\"女\" = \"1\""},
      {"\"女\" = \"2\"", "\"女性\" = \"2\""},
      {"elements = \"object\"\n", ""},
      {"type = \"json_array\"\nelements = \"object\"", "type = \"json_object\""},
      {"personal = true\n", "required = true\n"},
      {"name = \"hidden\"", "name = \"shown\""},
  };
  std::vector<std::string> digests = {RulesDigest(Parse(kProfile))};
  for (const auto& [from, to] : kChanges) {
    const std::string digest = DigestWith(from, to);
    EXPECT_THAT(digests, testing::Not(testing::Contains(digest))) << from;
    digests.push_back(digest);
  }
}

}  // namespace
}  // namespace sabun
