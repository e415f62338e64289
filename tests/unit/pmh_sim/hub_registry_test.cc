#include "tests/pmh_sim/hub_registry.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/unit/pmh_sim/sample_element.h"

namespace sabun {
namespace {

class HubRegistryTest : public ::testing::Test {
 protected:
  HubRegistryTest()
      : path_(::testing::TempDir() + "/registry_" + ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::remove(path_.c_str());
    Reopen();
  }
  ~HubRegistryTest() override { std::remove(path_.c_str()); }

  void Reopen() {
    registry_.reset();
    auto opened = HubRegistry::Open(path_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    registry_ = *std::move(opened);
  }

  std::string CodeOf(const nlohmann::json& element) {
    const ElementVerdict result = registry_->Apply(RegistryElement(ReadElement(element)));
    return result ? result->code : "";
  }

  const std::string path_;
  std::unique_ptr<HubRegistry> registry_;
};

TEST_F(HubRegistryTest, RecordsAreOverwrittenByKey) {
  auto element = SampleElement();
  EXPECT_EQ(CodeOf(element), "");
  EXPECT_EQ(CodeOf(element), "");
  element["validTo"] = "2030-01-01";
  EXPECT_EQ(CodeOf(element), "");
  EXPECT_EQ(registry_->size(), 1u);
  EXPECT_EQ(registry_->counts().added, 1u);
  EXPECT_EQ(registry_->counts().unchanged, 1u);
  EXPECT_EQ(registry_->counts().updated, 1u);
}

TEST_F(HubRegistryTest, DeletionNeedsTheRecord) {
  EXPECT_EQ(CodeOf(SampleElement("H1", true)), "E2001");
  CodeOf(SampleElement());
  EXPECT_EQ(CodeOf(SampleElement("H1", true)), "");
  EXPECT_EQ(registry_->size(), 0u);
}

TEST_F(HubRegistryTest, AnotherMyNumberMustBeDeletedFirst) {
  CodeOf(SampleElement());
  auto reissued = SampleElement();
  reissued["myNumber"] = "111111111111";
  EXPECT_EQ(CodeOf(reissued), "E2002");
  reissued["isDeleted"] = true;
  EXPECT_EQ(CodeOf(reissued), "E2003");
  EXPECT_EQ(CodeOf(SampleElement("H1", true)), "");
  reissued["isDeleted"] = false;
  EXPECT_EQ(CodeOf(reissued), "");
}

TEST_F(HubRegistryTest, CommittedRecordsAndTasksAreThereAgain) {
  CodeOf(SampleElement("H1"));
  CodeOf(SampleElement("H2"));
  CodeOf(SampleElement("H1", true));
  ASSERT_TRUE(registry_->Commit("t1", "{\"a\":1}").ok());
  Reopen();
  std::string after;
  EXPECT_EQ(registry_->Page(after, 10), std::vector<std::string>{SampleElement("H2").dump()});
  ASSERT_NE(registry_->FindTask("t1"), nullptr);
  EXPECT_EQ(*registry_->FindTask("t1"), "{\"a\":1}");
}

TEST_F(HubRegistryTest, LastLineThatWasCutIsDropped) {
  CodeOf(SampleElement("H1"));
  ASSERT_TRUE(registry_->Commit("t1", "{}").ok());
  std::ofstream(path_, std::ios::app) << R"({"task":"t2","answer":"{}","rec)";
  Reopen();
  EXPECT_EQ(registry_->size(), 1u);
  CodeOf(SampleElement("H2"));
  ASSERT_TRUE(registry_->Commit("t2", "{}").ok());
  Reopen();
  EXPECT_EQ(registry_->size(), 2u);
}

TEST_F(HubRegistryTest, FileThatIsNoJournalIsRefused) {
  std::ofstream(path_) << "hello\n";
  EXPECT_EQ(HubRegistry::Open(path_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(HubRegistry::Open("/no/such/folder/x").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HubRegistryTest, ResetForgetsForGood) {
  CodeOf(SampleElement("H1"));
  ASSERT_TRUE(registry_->Commit("t1", "{}").ok());
  ASSERT_TRUE(registry_->Reset().ok());
  Reopen();
  EXPECT_EQ(registry_->size(), 0u);
  EXPECT_EQ(registry_->FindTask("t1"), nullptr);
}

TEST_F(HubRegistryTest, PagesFollowTheKeys) {
  for (const char* const key : {"H3", "H1", "H2"}) CodeOf(SampleElement(key));
  std::string after;
  EXPECT_EQ(registry_->Page(after, 2).size(), 2u);
  EXPECT_EQ(registry_->Page(after, 2), std::vector<std::string>{SampleElement("H3").dump()});
  EXPECT_TRUE(registry_->Page(after, 2).empty());
}

}  // namespace
}  // namespace sabun
