#include "adapters/pmh/engine_session.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/adapters/pmh/fake_engine.h"
#include "tests/unit/adapters/pmh/sample_records.h"

namespace sabun {
namespace {

// Moves only when told; nobody waits for it.
class StandingTime : public Timeline {
 public:
  absl::Time Now() override { return now; }
  bool Wait(absl::Duration, const std::stop_token&) override { return true; }
  absl::Time now = absl::UnixEpoch();
};

class EngineSessionTest : public ::testing::Test {
 protected:
  EngineSessionTest() {
    EngineSession::Options options;
    options.dataset = "d";
    options.holder = "test";
    options.lease_seconds = 60;
    options.patience = absl::ZeroDuration();
    options.time = &time_;
    session_ = std::make_unique<EngineSession>(engine_.stub(), options, std::stop_token());
  }

  StandingTime time_;
  FakeEngine engine_;
  std::unique_ptr<EngineSession> session_;
};

TEST_F(EngineSessionTest, WithoutALeaseNothingIsCovered) { EXPECT_FALSE(session_->CoversFor(absl::ZeroDuration())); }

TEST_F(EngineSessionTest, LeaseCoversOnlyItsOwnTime) {
  ASSERT_TRUE(session_->Acquire().ok());
  EXPECT_TRUE(session_->CoversFor(absl::Seconds(60)));
  time_.now += absl::Seconds(30);
  EXPECT_TRUE(session_->CoversFor(absl::Seconds(30)));
  EXPECT_FALSE(session_->CoversFor(absl::Seconds(31)));
}

TEST_F(EngineSessionTest, RenewedLeaseCoversAnew) {
  ASSERT_TRUE(session_->Acquire().ok());
  time_.now += absl::Seconds(59);
  ASSERT_TRUE(session_->Renew().ok());
  EXPECT_TRUE(session_->CoversFor(absl::Seconds(60)));
}

TEST_F(EngineSessionTest, LeaseThatWasLostInBetweenIsNotRenewed) {
  ASSERT_TRUE(session_->Acquire().ok());
  EngineSession::Options options;
  options.dataset = "d";
  options.holder = "other";
  EngineSession other(engine_.stub(), options, std::stop_token());
  ASSERT_TRUE(other.Acquire().ok());
  EXPECT_EQ(session_->Renew().status().code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(session_->CoversFor(absl::ZeroDuration()));
  EXPECT_EQ(session_->MarkUnknown(1).code(), absl::StatusCode::kAborted);
}

TEST_F(EngineSessionTest, ReleasedLeaseCoversNothing) {
  ASSERT_TRUE(session_->Acquire().ok());
  session_->Release();
  EXPECT_TRUE(engine_.released());
  EXPECT_FALSE(session_->CoversFor(absl::ZeroDuration()));
}

TEST_F(EngineSessionTest, EngineThatDoesNotAnswerIsUnavailable) {
  ASSERT_TRUE(session_->Acquire().ok());
  engine_.AddPending(v1::CHANGE_OP_ADD, SampleRecord());
  engine_.LoseNextBatch();
  EXPECT_EQ(session_->NextBatch(1, 0).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(EngineSessionTest, EngineErrorsPassThrough) {
  ASSERT_TRUE(session_->Acquire().ok());
  EXPECT_EQ(session_->ReadBatch(7).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(session_->Split(7).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sabun
