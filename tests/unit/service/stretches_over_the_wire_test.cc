// Day after day the same file with a few changes, by the CSV adapter over real gRPC: what is claimed costs nothing, and
// whatever moved the index meanwhile, the change set is that of a snapshot which was sent whole.
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "adapters/client/sync_session.h"
#include "adapters/file/csv_source.h"
#include "tests/support/engine_host.h"
#include "tests/support/two_fields.h"

namespace sabun {
namespace {

constexpr uint64_t kRecords = 3'000;
constexpr uint64_t kRowsOfStretch = 20;

class StretchesOverTheWireTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.ledger.atomic_limit = 500;  // a first load makes pages
    host_ = *EngineHost::Start(options);
    v1::CreateDatasetRequest create;
    create.set_name(kTwoFieldDataset);
    create.set_profile_toml(kTwoFieldProfile);
    v1::CreateDatasetResponse created;
    grpc::ClientContext context;
    ASSERT_TRUE(host_->stubs().datasets->CreateDataset(&context, create, &created).ok());
    for (uint64_t record = 0; record < kRecords; ++record) names_.push_back("a name");
  }
  client::SyncResult Push(v1::SnapshotKind kind = v1::SNAPSHOT_KIND_COMPLETE, uint64_t first = 0,
                          uint64_t count = kRecords) {
    file::CsvOptions csv;
    csv.path = host_->root() + "/day.csv";
    csv.one_pass = GetParam();
    csv.partial = kind == v1::SNAPSHOT_KIND_PARTIAL;
    std::ofstream out(csv.path);
    out << "id,name\n";
    for (uint64_t record = first; record < first + count; ++record) out << record << ',' << names_[record] << '\n';
    out.close();
    file::RecordShape shape;
    shape.key_fields = {0};
    for (const char* name : {"id", "name"}) shape.fields.emplace_back().set_name(name);
    auto source = file::CsvSource::Open(csv, shape);
    EXPECT_TRUE(source.ok()) << source.status();
    client::SyncOptions options;
    options.dataset = kTwoFieldDataset;
    options.kind = kind;
    options.snapshot_id = client::NewSnapshotId();
    options.one_pass = GetParam();
    auto result = client::RunSync(*host_->stubs().intake, **source, options);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(client::SyncResult());
  }

  std::unique_ptr<EngineHost> host_;
  std::vector<std::string> names_;  // by record
};

TEST_P(StretchesOverTheWireTest, OnlyWhatChangedIsSent) {
  EXPECT_EQ(Push().claimed, 0u);
  client::SyncResult day = Push();
  EXPECT_EQ(day.claimed, kRecords);
  EXPECT_EQ(day.committed.counts().unchanged(), kRecords);
  names_[1'234] = "another";
  day = Push();
  EXPECT_EQ(day.claimed, kRecords - kRowsOfStretch);
  EXPECT_EQ(day.committed.counts().unchanged(), kRecords - 1);
  EXPECT_EQ(day.committed.counts().cancelled() + day.committed.counts().updated() + day.committed.counts().added(), 1u);
  EXPECT_EQ(Push().claimed, kRecords);
}

TEST_P(StretchesOverTheWireTest, ClaimsThatTheIndexOutranAreSentWhole) {
  Push();
  names_[77] = "what a partial snapshot said";
  EXPECT_EQ(Push(v1::SNAPSHOT_KIND_PARTIAL, 77, 1).committed.counts().received(), 1u);
  names_[77] = "a name";  // the complete extract does not know it
  const client::SyncResult day = Push();
  EXPECT_EQ(day.claimed, 0u);
  EXPECT_EQ(day.committed.counts().received(), kRecords);
  EXPECT_EQ(day.committed.counts().unchanged(), kRecords - 1);
  EXPECT_EQ(Push().claimed, kRecords);
}

// Whoever mends it at the source shall find it in every day's list, and nobody else's rows are sent for it.
TEST_P(StretchesOverTheWireTest, InvalidRowIsReportedEveryDayAndCostsItsStretch) {
  Push();
  names_[1'234] = "";
  for (int day = 0; day < 3; ++day) {
    const client::SyncResult result = Push();
    EXPECT_EQ(result.claimed, kRecords - kRowsOfStretch) << day;
    EXPECT_EQ(result.committed.counts().invalid(), 1u) << day;
    EXPECT_EQ(result.committed.counts().unchanged(), kRecords - 1) << day;
    ASSERT_EQ(result.errors.size(), 1u) << day;
    EXPECT_EQ(result.errors[0].ordinal(), 1'234u) << day;
  }
}

TEST_P(StretchesOverTheWireTest, RestartForgetsNothing) {
  Push();
  names_[5] = "another";
  Push();
  ASSERT_TRUE(host_->Crash().ok());
  EXPECT_EQ(Push().claimed, kRecords);
  names_[5] = "a third";
  names_[2'999] = "another";
  EXPECT_EQ(Push().committed.counts().unchanged(), kRecords - 2);
  EXPECT_EQ(Push().claimed, kRecords);
}

TEST_P(StretchesOverTheWireTest, NewPagesKeepWhatIsKnown) {
  Push();
  for (uint64_t record = 0; record < 1'000; ++record) names_[record] = "many others";
  const client::SyncResult day = Push();
  EXPECT_EQ(day.claimed, 2'000u);
  EXPECT_EQ(day.committed.counts().unchanged(), 2'000u);
  EXPECT_EQ(Push().claimed, kRecords);
}

// With the file twice in one, every row is a duplicate; nothing may be taken for gone or changed.
TEST_P(StretchesOverTheWireTest, FileThatComesTwiceInOneIsSentWhole) {
  Push();
  const std::vector<std::string> once = names_;
  file::CsvOptions csv;
  csv.path = host_->root() + "/doubled.csv";
  csv.one_pass = GetParam();
  std::ofstream out(csv.path);
  out << "id,name\n";
  for (int time = 0; time < 2; ++time) {
    for (uint64_t record = 0; record < kRecords; ++record) out << record << ",a name\n";
  }
  out.close();
  file::RecordShape shape;
  shape.key_fields = {0};
  for (const char* name : {"id", "name"}) shape.fields.emplace_back().set_name(name);
  auto source = file::CsvSource::Open(csv, shape);
  client::SyncOptions options;
  options.dataset = kTwoFieldDataset;
  options.kind = v1::SNAPSHOT_KIND_COMPLETE;
  options.snapshot_id = client::NewSnapshotId();
  options.one_pass = GetParam();
  const auto result = client::RunSync(*host_->stubs().intake, **source, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->claimed, 0u);
  EXPECT_EQ(result->committed.counts().duplicate(), 2 * kRecords);
  EXPECT_EQ(result->committed.counts().deleted(), 0u);
  EXPECT_EQ(Push().committed.counts().unchanged(), kRecords);
}

INSTANTIATE_TEST_SUITE_P(TwoPassesAndOne, StretchesOverTheWireTest, testing::Bool());

}  // namespace
}  // namespace sabun
