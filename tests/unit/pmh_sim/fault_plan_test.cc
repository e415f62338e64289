#include "tests/pmh_sim/fault_plan.h"

#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

namespace sabun {
namespace {

using nlohmann::json;

std::string Statuses(FaultPlan& plan, HubCall call, int calls) {
  std::string text;
  for (int i = 0; i < calls; ++i) text += plan.NextCall(call).status != 0 ? 'x' : '.';
  return text;
}

TEST(FaultPlan, EveryAfterAndCountChooseTheCalls) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Set("http:status=503,every=3,after=1,count=2").ok());
  EXPECT_EQ(Statuses(plan, HubCall::kRegister, 12), "...x..x.....");
}

TEST(FaultPlan, OtherCallsAreNotCounted) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Set("http:status=503,every=2").ok());
  EXPECT_EQ(Statuses(plan, HubCall::kTask, 4), "....");
  EXPECT_EQ(Statuses(plan, HubCall::kRegister, 4), ".x.x");
}

TEST(FaultPlan, SeedReplaysTheSameShare) {
  FaultPlan one;
  FaultPlan two;
  ASSERT_TRUE(one.Set("http:status=500,percent=30,seed=5").ok());
  ASSERT_TRUE(two.Set("http:status=500,percent=30,seed=5").ok());
  const std::string history = Statuses(one, HubCall::kRegister, 200);
  EXPECT_EQ(history, Statuses(two, HubCall::kRegister, 200));
  EXPECT_NEAR(std::count(history.begin(), history.end(), 'x'), 60, 25);
}

TEST(FaultPlan, FaultsOfOneCallAddUp) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Set(" latency_ms=5; latency:ms=6 ;cut;late:polls=3;http:status=429,retry_after=2,on=task").ok());
  const CallFaults faults = plan.NextCall(HubCall::kRegister);
  EXPECT_EQ(faults.latency, absl::Milliseconds(11));
  EXPECT_TRUE(faults.cut);
  EXPECT_EQ(faults.late_polls, 3);
  EXPECT_EQ(plan.NextCall(HubCall::kTask).retry_after, 2);
}

TEST(FaultPlan, RecordsAreChosenByTheirValues) {
  FaultPlan plan;
  ASSERT_TRUE(
      plan.Set("reject:field=five.sex,equals=9,code=E1;reject:field=key,prefix=Z,op=delete,code=E2,message=m").ok());
  EXPECT_EQ(plan.Reject(json::parse(R"({"five":{"sex":"9"}})"))->code, "E1");
  EXPECT_FALSE(plan.Reject(json::parse(R"({"five":{"sex":"1"},"key":"Z1"})")));
  EXPECT_EQ(plan.Reject(json::parse(R"({"key":"Z1","isDeleted":true})"))->message, "m");
  EXPECT_FALSE(plan.Poison(json::parse(R"({"five":{"sex":"9"}})")));
}

TEST(FaultPlan, OnlySomeClausesJudgeRecords) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Set("cut;late").ok());
  EXPECT_FALSE(plan.JudgesRecords());
  ASSERT_TRUE(plan.Set("cut;poison:code=E1").ok());
  EXPECT_TRUE(plan.JudgesRecords());
}

TEST(FaultPlan, WrongSpecsNameTheClauseAndChangeNothing) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Set("http:status=503").ok());
  EXPECT_EQ(plan.Set("cut;fly:x=1").message(), "fault \"fly:x=1\": unknown kind");
  EXPECT_EQ(plan.Set("late:poll=1").message(), "fault \"late:poll=1\": unknown member \"poll\"");
  EXPECT_EQ(plan.Set("cut:every=x").message(), "fault \"cut:every=x\": every is not a number");
  EXPECT_EQ(plan.Set("cut:on=tasks").message(), "fault \"cut:on=tasks\": unknown value of on");
  EXPECT_EQ(plan.Set("cut:every=0").message(), "fault \"cut:every=0\": every starts at 1");
  EXPECT_EQ(Statuses(plan, HubCall::kRegister, 2), "xx");
}

}  // namespace
}  // namespace sabun
