// One test for each file of this folder that ends in .scenario.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/scenario/runner.h"

namespace sabun::scenario {
namespace {

std::vector<std::string> ScenarioNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SABUN_SCENARIO_DIR)) {
    if (entry.path().extension() == ".scenario") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Scenario : public testing::TestWithParam<std::string> {};

std::string PathOf(const std::string& name) { return std::string(SABUN_SCENARIO_DIR) + "/" + name + ".scenario"; }

TEST_P(Scenario, HoldsItsRule) {
  const absl::Status status = RunScenario(PathOf(GetParam()), Memory::kUsual);
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST_P(Scenario, HoldsItsRuleInLittleMemory) {
  const absl::Status status = RunScenario(PathOf(GetParam()), Memory::kLittle);
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST_P(Scenario, HoldsItsRuleInOnePass) {
  const absl::Status status = RunScenario(PathOf(GetParam()), Memory::kUsual, Passes::kOne);
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST_P(Scenario, HoldsItsRuleInOnePassAndLittleMemory) {
  const absl::Status status = RunScenario(PathOf(GetParam()), Memory::kLittle, Passes::kOne);
  EXPECT_TRUE(status.ok()) << status.message();
}

INSTANTIATE_TEST_SUITE_P(Story, Scenario, testing::ValuesIn(ScenarioNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sabun::scenario
