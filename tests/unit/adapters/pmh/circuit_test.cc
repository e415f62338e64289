#include "adapters/pmh/circuit.h"

#include <gtest/gtest.h>

#include <thread>

namespace sabun {
namespace {

class CircuitTest : public ::testing::Test {
 protected:
  CircuitTest() {
    limits_.failures = 3;
    limits_.first_pause = absl::Seconds(10);
    limits_.max_pause = absl::Seconds(35);
    limits_.jitter = 0;
  }

  Circuit Make() {
    return Circuit(limits_, [this] { return now_; });
  }
  // Calls that nobody stops; never waits, since the tests move the time first.
  Circuit::Pass Enter(Circuit& circuit) { return circuit.Enter(std::stop_token()); }
  bool Fail(Circuit& circuit) { return circuit.Failed(Enter(circuit), "HTTP-503", absl::ZeroDuration()); }
  void Open(Circuit& circuit) {
    for (std::uint32_t i = 0; i < limits_.failures; ++i) Fail(circuit);
  }
  void FailTrial(Circuit& circuit) {
    now_ += circuit.View().next_attempt;
    EXPECT_FALSE(Fail(circuit));
  }

  HubCircuit limits_;
  absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
};

TEST_F(CircuitTest, OpensAfterFailuresInARow) {
  Circuit circuit = Make();
  EXPECT_FALSE(Fail(circuit));
  EXPECT_FALSE(Fail(circuit));
  EXPECT_TRUE(Fail(circuit));
  const CircuitView view = circuit.View();
  EXPECT_EQ(view.state, CircuitState::kOpen);
  EXPECT_EQ(view.failures_in_a_row, 3u);
  EXPECT_EQ(view.last_code, "HTTP-503");
  EXPECT_EQ(view.next_attempt, absl::Seconds(10));
}

TEST_F(CircuitTest, SuccessInBetweenBeginsTheCountAnew) {
  Circuit circuit = Make();
  Fail(circuit);
  Fail(circuit);
  EXPECT_FALSE(circuit.Succeeded());
  Fail(circuit);
  Fail(circuit);
  EXPECT_EQ(circuit.View().state, CircuitState::kClosed);
}

TEST_F(CircuitTest, OnlyOneCallTriesAfterThePause) {
  Circuit circuit = Make();
  Open(circuit);
  now_ += absl::Seconds(10);
  EXPECT_EQ(Enter(circuit), Circuit::Pass::kTrial);
  std::stop_source stop;
  std::jthread second([&] { EXPECT_EQ(circuit.Enter(stop.get_token()), Circuit::Pass::kNo); });
  EXPECT_EQ(circuit.View().state, CircuitState::kTrying);
  stop.request_stop();
}

TEST_F(CircuitTest, SuccessfulTrialLetsEverybodyGoOn) {
  Circuit circuit = Make();
  Open(circuit);
  now_ += absl::Seconds(10);
  EXPECT_EQ(Enter(circuit), Circuit::Pass::kTrial);
  std::jthread second([&] { EXPECT_EQ(Enter(circuit), Circuit::Pass::kYes); });
  EXPECT_TRUE(circuit.Succeeded());
  second.join();
  EXPECT_EQ(Enter(circuit), Circuit::Pass::kYes);
  EXPECT_EQ(circuit.View().last_code, "");
}

TEST_F(CircuitTest, PauseGrowsUpToItsLimit) {
  Circuit circuit = Make();
  Open(circuit);
  FailTrial(circuit);
  EXPECT_EQ(circuit.View().next_attempt, absl::Seconds(20));
  FailTrial(circuit);
  EXPECT_EQ(circuit.View().next_attempt, absl::Seconds(35));
  FailTrial(circuit);
  EXPECT_EQ(circuit.View().next_attempt, absl::Seconds(35));
  EXPECT_EQ(circuit.failed_trials(), 3);
}

TEST_F(CircuitTest, ClosingBringsTheFirstPauseBack) {
  Circuit circuit = Make();
  Open(circuit);
  FailTrial(circuit);
  circuit.Succeeded();
  Open(circuit);
  EXPECT_EQ(circuit.View().next_attempt, absl::Seconds(10));
  EXPECT_EQ(circuit.failed_trials(), 0);
}

TEST_F(CircuitTest, HubsWishLengthensThePauseWithinTheLimit) {
  limits_.failures = 1;
  Circuit circuit = Make();
  circuit.Failed(Circuit::Pass::kYes, "HTTP-429", absl::Seconds(25));
  EXPECT_EQ(circuit.View().next_attempt, absl::Seconds(25));
  now_ += absl::Seconds(25);
  circuit.Failed(Enter(circuit), "HTTP-429", absl::Hours(24));
  EXPECT_EQ(circuit.View().next_attempt, absl::Seconds(35));
}

TEST_F(CircuitTest, JitterShortensAndNeverLengthens) {
  limits_.jitter = 0.5;
  for (int i = 0; i < 100; ++i) {
    Circuit circuit = Make();
    Open(circuit);
    EXPECT_GE(circuit.View().next_attempt, absl::Seconds(5));
    EXPECT_LE(circuit.View().next_attempt, absl::Seconds(10));
  }
}

TEST_F(CircuitTest, CallsOnTheirWayWhenItOpenedSayNothingNew) {
  Circuit circuit = Make();
  Open(circuit);
  EXPECT_FALSE(circuit.Failed(Circuit::Pass::kYes, "NO-ANSWER", absl::ZeroDuration()));
  EXPECT_EQ(circuit.View().next_attempt, absl::Seconds(10));
  EXPECT_EQ(circuit.failed_trials(), 0);
}

TEST_F(CircuitTest, TrialThatWasNotMadeIsForTheNext) {
  Circuit circuit = Make();
  Open(circuit);
  now_ += absl::Seconds(10);
  circuit.NotMade(Enter(circuit));
  EXPECT_EQ(Enter(circuit), Circuit::Pass::kTrial);
}

}  // namespace
}  // namespace sabun
