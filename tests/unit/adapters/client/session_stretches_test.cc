// Claims and new stretches through a session, which drops of them what the engine has already.
#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/client/key_scheme.h"
#include "adapters/client/sync_session.h"
#include "tests/unit/adapters/client/fake_intake.h"

namespace sabun::client {
namespace {

std::string EntryOfRow(uint64_t ordinal) { return std::string(32, static_cast<char>('a' + ordinal % 26)); }

// Rows 0 to 99: of each twenty the first five have entries, of which a stretch is formed, the rest is a claim. So many
// of these pieces are in a message; in the second pass in others.
class ClaimingRows : public RowSource {
 public:
  static constexpr uint64_t kRows = 100;

  explicit ClaimingRows(std::vector<int> pieces_in_message) : pieces_in_message_(std::move(pieces_in_message)) {}

  std::string Layout() const override { return "claiming"; }
  bool UsesStretches() const override { return true; }
  void SetStretches(std::shared_ptr<const KnownStretches> stretches) override { known = std::move(stretches); }
  absl::Status Start(const v1::Begun&) override {
    next_ = 0;
    ++starts_;
    return absl::OkStatus();
  }
  absl::Status ReadEntries(v1::Fingerprints* message) override {
    message->set_first_ordinal(next_);
    const int pieces = pieces_in_message_[std::min<size_t>(starts_, pieces_in_message_.size()) - 1];
    for (int piece = 0; piece < pieces && next_ < kRows; ++piece) {
      if (next_ % 20 == 0) {
        message->add_formed_ordinals(next_);
        message->mutable_formed()->append(Stretch::kBytes, 'f');
        for (int row = 0; row < 5; ++row) message->mutable_entries()->append(EntryOfRow(next_++));
      } else {
        message->add_claimed_ordinals(next_);
        message->add_claimed(static_cast<uint32_t>(next_ / 20 + 1));
        next_ += 15;
      }
    }
    message->set_end_ordinal(next_);
    return absl::OkStatus();
  }
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records*) override {
    return ordinals.size();
  }
  absl::Status CheckUnchanged() override { return absl::OkStatus(); }
  double Progress() const override { return 0; }

  std::shared_ptr<const KnownStretches> known;

 private:
  std::vector<int> pieces_in_message_;
  size_t starts_ = 0;
  uint64_t next_ = 0;
};

TEST(SyncSessionStretches, ClaimsAndFormedStretchesArriveOnceWhereverTheStreamBroke) {
  std::string stretches;
  for (int number = 1; number <= 6; ++number) {
    Stretch stretch;
    stretch.bytes = 1;
    stretch.rows = number == 6 ? 0 : 15;
    AppendStretch(stretch, &stretches);
  }
  const grpc::Status broken(grpc::StatusCode::UNAVAILABLE, "connection lost");
  for (int broken_at = 0; broken_at < 5; ++broken_at) {
    for (const std::vector<int>& pieces : {std::vector<int>{1, 3, 4, 5}, {2, 3, 10}, {3, 1}, {10, 10}}) {
      FakeIntake fake;
      fake.stretches = stretches;
      for (int i = 0; i < broken_at; ++i) fake.failures.push_back({"fingerprints", broken});
      ClaimingRows rows(pieces);
      SyncOptions options;
      options.dataset = "city/kosodate";
      options.kind = v1::SNAPSHOT_KIND_COMPLETE;
      options.snapshot_id = NewSnapshotId();
      options.first_backoff = absl::Milliseconds(1);
      const auto stub = fake.Connect();
      const auto result = RunSync(*stub, rows, options);
      ASSERT_TRUE(result.ok()) << result.status();
      ASSERT_EQ(rows.known->size(), 6u);
      EXPECT_EQ(result->rows, 100u);
      EXPECT_EQ(result->claimed, 75u);
      std::string entries, told;
      std::vector<std::pair<uint64_t, uint32_t>> claims;
      std::vector<uint64_t> formed;
      for (uint64_t row = 0; row < 100; row += 20) {
        formed.push_back(row);
        claims.emplace_back(row + 5, row / 20 + 1);
        for (int i = 0; i < 5; ++i) entries += EntryOfRow(row + i);
        told +=
            std::string(7, '\0') + static_cast<char>(row + 5) + std::string(3, '\0') + static_cast<char>(row / 20 + 1);
      }
      EXPECT_EQ(fake.entries, entries);
      EXPECT_EQ(fake.claims, claims);
      EXPECT_EQ(fake.formed, formed);
      EntryDigest digest;
      digest.Append(told);
      EXPECT_EQ(fake.end.claims_digest(), digest.Finish());
    }
  }
}

}  // namespace
}  // namespace sabun::client
