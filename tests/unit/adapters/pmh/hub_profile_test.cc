#include "adapters/pmh/hub_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/adapters/pmh/sample_records.h"

namespace sabun {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kField[] = "[[field]]\nname = \"a\"\n";

std::string ErrorOf(const std::string& toml) {
  const auto profile = ParseHubProfile(toml);
  EXPECT_EQ(profile.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(profile.status().message());
}

TEST(HubProfile, ShippedProfileIsRead) {
  const HubProfile profile = Parsed(ShippedProfile());
  EXPECT_EQ(profile.fields.size(), 22u);
  EXPECT_EQ(profile.task_path, "/v1/registration-tasks/{task_id}");
  ASSERT_NE(profile.FindError("HTTP-5xx"), nullptr);
  EXPECT_EQ(profile.FindError("HTTP-5xx")->error_class, ErrorClass::kTransient);
  EXPECT_EQ(profile.FindError("nothing"), nullptr);
}

TEST(HubProfile, ShippedValuesAreTheDefaults) {
  const HubProfile shipped = Parsed(ShippedProfile());
  const HubProfile bare = Parsed(kField);
  EXPECT_EQ(shipped.base_url, bare.base_url);
  EXPECT_EQ(shipped.max_records, bare.max_records);
  EXPECT_EQ(shipped.max_bytes, bare.max_bytes);
  EXPECT_EQ(shipped.request_timeout, bare.request_timeout);
  EXPECT_EQ(shipped.auth.client_secret_env, bare.auth.client_secret_env);
  EXPECT_EQ(shipped.auth.refresh_before, bare.auth.refresh_before);
  EXPECT_EQ(shipped.answers.already_deleted, bare.answers.already_deleted);
  EXPECT_EQ(shipped.retry.first_wait, bare.retry.first_wait);
  EXPECT_EQ(shipped.retry.max_refusals_in_a_row, bare.retry.max_refusals_in_a_row);
  EXPECT_EQ(shipped.poll.first_wait, bare.poll.first_wait);
  EXPECT_EQ(shipped.poll.give_up_after, bare.poll.give_up_after);
}

TEST(HubProfile, PathAndJsonOfAFieldAreRead) {
  const HubProfile profile =
      Parsed("[[field]]\nname='name'\npath='five.name'\nmax_length=3\n[[field]]\nname='b'\njson='raw'");
  EXPECT_THAT(profile.fields[0].path, ElementsAre("five", "name"));
  EXPECT_EQ(profile.fields[0].json, JsonKind::kString);
  EXPECT_THAT(profile.fields[1].path, ElementsAre("b"));
  EXPECT_EQ(profile.fields[1].json, JsonKind::kRaw);
}

TEST(HubProfile, BrokenTomlNamesTheLine) { EXPECT_THAT(ErrorOf("a = 1\nb = ["), HasSubstr("profile:2: ")); }

TEST(HubProfile, UnknownMembersNameTheLine) {
  EXPECT_EQ(ErrorOf("[hub]\nbase = 'x'"), "profile:2: profile.hub.base is not known");
  EXPECT_EQ(ErrorOf("[hub.retry]\n\nattempts = 3"), "profile:3: profile.hub.retry.attempts is not known");
}

TEST(HubProfile, WrongTypesAreErrors) {
  EXPECT_EQ(ErrorOf("[hub]\nbase_url = 3"), "profile:2: profile.hub.base_url must be a text");
  EXPECT_EQ(ErrorOf("[hub.poll]\nrepost_missing = 1"),
            "profile:2: profile.hub.poll.repost_missing must be true or false");
  EXPECT_EQ(ErrorOf("[hub.answers]\naccepted = 'OK'"),
            "profile:2: profile.hub.answers.accepted must be an array of texts");
  EXPECT_EQ(ErrorOf("[hub]\nauth = 1"), "profile:2: profile.hub.auth must be a table");
  EXPECT_EQ(ErrorOf("hub = 1"), "profile:1: profile.hub must be a table");
}

TEST(HubProfile, ValuesOutOfRangeAreErrors) {
  EXPECT_EQ(ErrorOf("[hub]\nmax_records = 0"), "profile:2: profile.hub.max_records must be from 1 to 10000");
  EXPECT_EQ(ErrorOf("[hub]\nmax_records = 1.5"), "profile:2: profile.hub.max_records must be a whole number");
  EXPECT_EQ(ErrorOf("[hub]\nrequests_per_second = nan"),
            "profile:2: profile.hub.requests_per_second must be from 0.001 to 100000");
  EXPECT_EQ(ErrorOf("[hub]\nrequest_timeout_seconds = 0"),
            "profile:2: profile.hub.request_timeout_seconds must be above 0");
  EXPECT_THAT(ErrorOf("[hub]\ndefault_error_class = 'bad'"), HasSubstr("must be one of transient, record"));
}

TEST(HubProfile, PathsAndPointersMustLookLikeThem) {
  EXPECT_EQ(ErrorOf("[hub]\nbase_url = 'ftp://x'"),
            "profile:2: profile.hub.base_url must start with http:// or https://");
  EXPECT_EQ(ErrorOf("[hub]\ntask_path = '/t'"), "profile:2: profile.hub.task_path must contain {task_id}");
  EXPECT_EQ(ErrorOf("[hub.answers]\nstate = 'status'"), "profile:2: profile.hub.answers.state must start with \"/\"");
  EXPECT_EQ(ErrorOf("[hub.answers]\nstate = '/a~b'"), "profile:2: profile.hub.answers.state must not contain \"~\"");
}

TEST(HubProfile, HalfAClientCertificateIsAnError) {
  EXPECT_EQ(ErrorOf("[hub.route]\nclient_cert_file = 'x'"),
            "profile:2: profile.hub.route.client_cert_file and client_key_file go together");
}

TEST(HubProfile, TokenFileNeedsItsPath) {
  EXPECT_EQ(ErrorOf("[hub.auth]\nkind = 'token_file'"), "profile:1: profile.hub.auth.token_file is required");
}

TEST(HubProfile, ErrorCodesAreChecked) {
  const std::string good = "[[error]]\ncode='E1'\nclass='record'\nremedy_ja='a'\nremedy_en='b'\n";
  EXPECT_EQ(ErrorOf(absl::StrCat(good, good)), "profile:7: error.code is given twice");
  EXPECT_EQ(ErrorOf("[[error]]\ncode='E1'"), "profile:1: error.class is required");
  EXPECT_EQ(ErrorOf(absl::StrCat(good, "more=1")), "profile:6: error.more is not known");
  EXPECT_EQ(ErrorOf("error = 1"), "profile:1: error must be written as [[error]]");
}

TEST(HubProfile, FieldsMustHaveTheirOwnPlaces) {
  EXPECT_EQ(ErrorOf(absl::StrCat(kField, "[[field]]\nname='b'\npath='a'")),
            "profile:3: field.path \"a\" is taken by another field");
  EXPECT_EQ(ErrorOf(absl::StrCat(kField, "[[field]]\nname='b'\npath='a.c'")),
            "profile:3: field.path \"a\" is taken by another field");
  EXPECT_EQ(ErrorOf("[[field]]\nname='isDeleted'"), "profile:1: field.path \"isDeleted\" is taken by another field");
  EXPECT_EQ(ErrorOf("[[field]]\nname='b'\npath='a..c'"), "profile:3: field.path has an empty part");
}

TEST(HubProfile, NoFieldsIsAnError) { EXPECT_THAT(ErrorOf("[hub]\n"), HasSubstr("there is no [[field]]")); }

}  // namespace
}  // namespace sabun
