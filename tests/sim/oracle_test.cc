// Each thing that the oracle forbids is seen when it is done.
#include "tests/sim/oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sabun::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Content kFirst{"N0", "A1"}, kSecond{"N0", "A2"}, kOther{"N1", "A1"};

TEST(Oracle, StepsInTheirOrderAreRight) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Apply({"K", kFirst, false});
  oracle.Want({{"K", kSecond}});
  oracle.Apply({"K", kSecond, false});
  oracle.Want({});
  oracle.Apply({"K", kSecond, true});
  EXPECT_THAT(oracle.violations(), IsEmpty());
  EXPECT_THAT(oracle.held(), IsEmpty());
}

TEST(Oracle, OlderContentAfterANewerOneIsAViolation) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Want({{"K", kSecond}});
  oracle.Apply({"K", kSecond, false});
  oracle.Apply({"K", kFirst, false});
  EXPECT_THAT(oracle.violations(), ElementsAre(HasSubstr("not wanted")));
}

TEST(Oracle, DeleteThatNobodyWantsIsAViolation) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Apply({"K", kFirst, false});
  oracle.Apply({"K", kFirst, true});
  EXPECT_THAT(oracle.violations(), ElementsAre(HasSubstr("not wanted")));
}

TEST(Oracle, SendingAgainIsAViolationOnceTheReceiptIsOnRecord) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Apply({"K", kFirst, false});
  oracle.Apply({"K", kFirst, false});
  EXPECT_THAT(oracle.violations(), IsEmpty());
  oracle.Confirm("K");
  oracle.Apply({"K", kFirst, false});
  EXPECT_THAT(oracle.violations(), ElementsAre(HasSubstr("sent again")));
}

TEST(Oracle, SendingAgainIsRightWhenTheReceiptWasLostWithThePower) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Apply({"K", kFirst, false});
  oracle.Confirm("K");
  oracle.Forget();
  oracle.Apply({"K", kFirst, false});
  EXPECT_THAT(oracle.violations(), IsEmpty());
}

TEST(Oracle, WhatMayBeInDoubtIsToldAgainUntilItIsAccepted) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Apply({"K", kFirst, false});
  oracle.Want({});
  oracle.Apply({"K", kFirst, true});
  oracle.Confirm("K");
  oracle.Doubt("K");
  oracle.Apply({"K", kFirst, true});
  EXPECT_THAT(oracle.violations(), IsEmpty());
  oracle.Confirm("K");
  oracle.Apply({"K", kFirst, true});
  EXPECT_THAT(oracle.violations(), ElementsAre(HasSubstr("sent again")));
}

TEST(Oracle, RejectIsSentAgainOnlyWhenSomebodyRetriesIt) {
  Oracle oracle;
  oracle.Want({{"K", {"N0", "R1"}}});
  EXPECT_EQ(oracle.Apply({"K", {"N0", "R1"}, false}), "E1001");
  oracle.Confirm("K");
  oracle.Retry();
  oracle.Apply({"K", {"N0", "R1"}, false});
  EXPECT_THAT(oracle.violations(), IsEmpty());
  oracle.Confirm("K");
  oracle.Apply({"K", {"N0", "R1"}, false});
  EXPECT_THAT(oracle.violations(), ElementsAre(HasSubstr("reject is sent again")));
}

TEST(Oracle, UpdateUnderAnotherIdentityIsAViolation) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Apply({"K", kFirst, false});
  oracle.Want({{"K", kOther}});
  oracle.Apply({"K", kOther, false});
  EXPECT_THAT(oracle.violations(), ElementsAre(HasSubstr("another identity")));
}

TEST(Oracle, OtherIdentityIsAddedAfterTheOldOneIsDeleted) {
  Oracle oracle;
  oracle.Want({{"K", kFirst}});
  oracle.Apply({"K", kFirst, false});
  oracle.Want({{"K", kOther}});
  oracle.Apply({"K", kFirst, true});
  oracle.Apply({"K", kOther, false});
  EXPECT_THAT(oracle.violations(), IsEmpty());
}

}  // namespace
}  // namespace sabun::sim
