// Every method × role × organization: the decision is what the hand-written matrix says, in every cell.
#include <gtest/gtest.h>

#include "engine/access/grants.h"
#include "tests/unit/access/expected_matrix.h"

namespace sabun {
namespace {

const absl::Time kAnyTime = absl::FromUnixSeconds(1'800'000'000);

Grants OneRole(Role role) {
  Grant grant;
  grant.identity = "spiffe://sabun/here/x";
  grant.roles = Only(role);
  grant.organizations = {"here"};
  return Grants({grant});
}

TEST(AccessMatrix, HoldsEveryMethodOfTheTableAndNoOther) {
  EXPECT_EQ(MethodRules().size(), ExpectedMatrix().size());
  for (const auto& [method, roles] : ExpectedMatrix()) EXPECT_NE(FindMethodRule(method), nullptr) << method;
}

TEST(AccessMatrix, NoCellIsWrong) {
  int cells = 0;
  for (const auto& [method, roles] : ExpectedMatrix()) {
    for (int role = 0; role < kRoleCount; ++role) {
      const Grants grants = OneRole(static_cast<Role>(role));
      for (const char* dataset : {"here/child", "there/child", "child"}) {
        const AccessDecision decision =
            grants.Judge({"spiffe://sabun/here/x", FindMethodRule(method), dataset}, kAnyTime);
        const bool here = OrganizationOf(dataset) == "here" && !IsAboutTheEngine(method);
        EXPECT_EQ(decision.allowed, here && roles[role] != '.') << method << " role " << role << " on " << dataset;
        EXPECT_EQ(decision.visible, here) << method << " role " << role << " on " << dataset;
        EXPECT_FALSE(decision.content) << method;
        ++cells;
      }
    }
  }
  EXPECT_EQ(cells, static_cast<int>(ExpectedMatrix().size()) * kRoleCount * 3);
}

TEST(AccessMatrix, WhatIsAboutTheEngineNeedsAGrantForEveryOrganization) {
  for (const auto& [method, roles] : ExpectedMatrix()) {
    for (int role = 0; role < kRoleCount; ++role) {
      Grant grant = OneRole(static_cast<Role>(role)).all().front();
      grant.organizations = {"*"};
      const bool allowed = Grants({grant}).Judge({grant.identity, FindMethodRule(method), ""}, kAnyTime).allowed;
      if (!IsAboutTheEngine(method)) continue;
      EXPECT_EQ(allowed, roles[role] != '.') << method << " role " << role;
    }
  }
}

TEST(AccessMatrix, NobodyElseGetsAnything) {
  for (const auto& [method, roles] : ExpectedMatrix()) {
    for (const char* identity : {"", "spiffe://sabun/here/y", "spiffe://sabun/here/x/", "SPIFFE://sabun/here/x"}) {
      for (int role = 0; role < kRoleCount; ++role) {
        const Grants grants = OneRole(static_cast<Role>(role));
        EXPECT_FALSE(grants.Judge({identity, FindMethodRule(method), "here/child"}, kAnyTime).allowed) << method;
        EXPECT_FALSE(grants.Judge({identity, FindMethodRule(method), ""}, kAnyTime).allowed) << method;
      }
    }
  }
}

TEST(AccessMatrix, MethodWithoutARuleIsRefusedToEverybody) {
  const Grants grants = Grants::ForDevelopment("x");
  EXPECT_EQ(FindMethodRule("/sabun.v1.AdminService/DropEverything"), nullptr);
  EXPECT_FALSE(grants.Judge({"x", nullptr, "here/child"}, kAnyTime).allowed);
}

}  // namespace
}  // namespace sabun
