// A submission between an engine and a hub that both live in the test.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/pmh/submitter.h"
#include "tests/pmh_sim/pmh_sim.h"
#include "tests/unit/adapters/pmh/fake_engine.h"
#include "tests/unit/adapters/pmh/sample_records.h"

namespace sabun {

class SubmitterTest : public ::testing::Test {
 protected:
  SubmitterTest() { StartHub({}); }

  void StartHub(const PmhSimOptions& options) {
    auto hub = PmhSim::Start(options);
    EXPECT_TRUE(hub.ok()) << hub.status();
    hub_ = *std::move(hub);
  }

  void Faults(const std::string& spec) { ASSERT_TRUE(hub_->SetFaults(spec).ok()); }

  // Adds pending records H0, H1, ...
  void AddRecords(int count) {
    for (int i = 0; i < count; ++i) {
      engine_.AddPending(v1::CHANGE_OP_ADD, SampleRecord({{"historyKey", absl::StrCat("H", i)}}), 1 + i % 2);
    }
  }

  void Change(const std::string& from, const std::string& to) { replacements_[from] = to; }

  absl::StatusOr<SubmitSummary> Run() {
    options_.dataset = "d";
    options_.profile_toml = ImpatientProfile(replacements_);
    options_.hub_url = hub_->url();
    options_.holder = "test";
    options_.lease_wait = absl::ZeroDuration();
    return Submit(options_, engine_.stub());
  }

  SubmitSummary RunWell() {
    const auto summary = Run();
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : SubmitSummary();
  }

  std::size_t Accepted() const { return engine_.CountIn(FakeEngine::State::kAccepted); }
  std::size_t Rejected() const { return engine_.CountIn(FakeEngine::State::kRejected); }

  FakeEngine engine_;
  std::unique_ptr<PmhSim> hub_;
  SubmitOptions options_;
  std::map<std::string, std::string> replacements_{{"max_records = 1000 ", "max_records = 4 "}};
};

}  // namespace sabun
