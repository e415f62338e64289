#include "engine/access/grants.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // 2027-01-15

constexpr char kOperator[] = R"([[grant]]
identity = "op"
roles = ["operator"]
organizations = ["here"]
)";

const MethodRule* Retry() { return FindMethodRule("/sabun.v1.RejectService/RetryRejects"); }
const MethodRule* Approve() { return FindMethodRule("/sabun.v1.ChangeSetService/ApproveChangeSet"); }

bool Allowed(const std::string& text, absl::string_view dataset, absl::Time now = kNow) {
  const auto grants = Grants::Parse(text);
  EXPECT_TRUE(grants.ok()) << grants.status();
  return grants->Judge({"op", Retry(), dataset}, now).allowed;
}

TEST(Grants, DatasetPatternsNarrowAGrant) {
  const std::string text = std::string(kOperator) + "datasets = [\"here/child-*\", \"here/mi*hon\"]\n";
  EXPECT_TRUE(Allowed(text, "here/child-2"));
  EXPECT_TRUE(Allowed(text, "here/mihon"));
  EXPECT_FALSE(Allowed(text, "here/child"));
  EXPECT_FALSE(Allowed(text, "here/mihon2"));
  EXPECT_FALSE(Allowed(text, "there/child-2"));
}

// What somebody sends as a name may be as long as a message.
TEST(Grants, LongNameIsJudgedQuicklyByAnyPattern) {
  const std::string text = std::string(kOperator) + "datasets = [\"here/*a*a*a*a*a*b\"]\n";
  EXPECT_FALSE(Allowed(text, "here/" + std::string(4 << 20, 'a')));
  EXPECT_TRUE(Allowed(text, "here/" + std::string(4 << 20, 'a') + "b"));
  EXPECT_FALSE(Allowed(text, "here/aaaab"));
}

TEST(Grants, PartsOfAPatternDoNotOverlap) {
  const std::string text = std::string(kOperator) + "datasets = [\"here/ab*ba\", \"here/x*yz*yz\"]\n";
  EXPECT_FALSE(Allowed(text, "here/aba"));
  EXPECT_TRUE(Allowed(text, "here/abba"));
  EXPECT_FALSE(Allowed(text, "here/xyz"));
  EXPECT_TRUE(Allowed(text, "here/xyzyz"));
}

TEST(Grants, StarMeansEveryOrganizationAndAPrefixDoesNot) {
  EXPECT_TRUE(Allowed("[[grant]]\nidentity='op'\nroles=['operator']\norganizations=['*']", "child"));
  EXPECT_FALSE(Allowed("[[grant]]\nidentity='op'\nroles=['operator']\norganizations=['h']", "here/child"));
  EXPECT_FALSE(Allowed("[[grant]]\nidentity='op'\nroles=['operator']\norganizations=['h*']", "here/child"));
}

TEST(Grants, TimeBoxBeginsAndEnds) {
  const std::string text =
      std::string(kOperator) + "valid_from = 2027-01-15T00:00:00+09:00\nvalid_until = 2027-01-16T00:00:00+09:00\n";
  const absl::Time from = absl::FromCivil(absl::CivilSecond(2027, 1, 14, 15, 0, 0), absl::UTCTimeZone());
  EXPECT_FALSE(Allowed(text, "here/a", from - absl::Seconds(1)));
  EXPECT_TRUE(Allowed(text, "here/a", from));
  EXPECT_TRUE(Allowed(text, "here/a", from + absl::Hours(24) - absl::Seconds(1)));
  EXPECT_FALSE(Allowed(text, "here/a", from + absl::Hours(24)));
}

TEST(Grants, LastDayIsIncluded) {
  const std::string text = std::string(kOperator) + "valid_until = 2027-03-31\n";
  const absl::Time noon = absl::FromCivil(absl::CivilSecond(2027, 3, 31, 12, 0, 0), absl::LocalTimeZone());
  EXPECT_TRUE(Allowed(text, "here/a", noon));
  EXPECT_FALSE(Allowed(text, "here/a", noon + absl::Hours(12)));
}

TEST(Grants, TwoGrantsOfOneIdentityDoNotMix) {
  const auto grants =
      Grants::Parse(std::string(kOperator) + "[[grant]]\nidentity='op'\nroles=['approver']\norganizations=['there']\n");
  ASSERT_TRUE(grants.ok()) << grants.status();
  EXPECT_TRUE(grants->Judge({"op", Approve(), "there/a"}, kNow).allowed);
  EXPECT_FALSE(grants->Judge({"op", Approve(), "here/a"}, kNow).allowed);
  EXPECT_TRUE(grants->Judge({"op", Approve(), "here/a"}, kNow).visible);
}

TEST(Grants, ContentIsARightOfItsOwn) {
  const auto without = Grants::Parse(kOperator);
  const auto with = Grants::Parse(std::string(kOperator) + "content = true\n");
  EXPECT_FALSE(without->Judge({"op", Retry(), "here/a"}, kNow).content);
  EXPECT_TRUE(with->Judge({"op", Retry(), "here/a"}, kNow).content);
  EXPECT_FALSE(with->Judge({"op", Approve(), "here/a"}, kNow).content) << "only where a role of the grant allows";
}

TEST(Grants, WrongFilesAreRefusedWithTheirLine) {
  const auto error = [](const std::string& text) { return std::string(Grants::Parse(text).status().message()); };
  EXPECT_EQ(error("[[grant]]\nidentity = 'x'\nroles = ['boss']\norganizations = ['*']"),
            "access file, line 3: there is no role \"boss\"");
  EXPECT_EQ(error("\n[[grant]]\nidentity = 'x'"),
            "access file, line 2: a grant needs identity, roles and organizations");
  EXPECT_EQ(error(std::string(kOperator) + "admin = true\n"), "access file, line 5: a grant has no member \"admin\"");
  EXPECT_EQ(error("grants = []"), "access file, line 1: there is no \"grants\" here");
  EXPECT_EQ(error(std::string(kOperator) + "content = 'yes'\n"), "access file, line 5: true or false is needed");
  EXPECT_EQ(error(std::string(kOperator) + "contractor = true\n"),
            "access file, line 1: a contractor's grant needs valid_until");
  EXPECT_EQ(error("[[grant]]\nidentity = ").substr(0, 20), "access file, line 2:");
}

}  // namespace
}  // namespace sabun
