// Round trips and every error path of what the ledger stores.
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "engine/ledger/catalog.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/submissions.h"
#include "engine/record/packed_fields.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

TEST(Catalog, DatasetRowRoundTrips) {
  DatasetRow row;
  row.id = 3;
  row.name = "city/child";
  row.profile_text = "a = \"愛\"\n";
  row.secret = std::string("\x00\xFF", 2) + std::string(30, 's');
  row.guards.max_deletes = 7;
  row.field_ids = {{"name", 2}, {"key", 1}};
  const auto read = DecodeDatasetRow(EncodeDatasetRow(row));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeDatasetRow(*read), EncodeDatasetRow(row));
  EXPECT_EQ(read->secret, row.secret);
}

TEST(Catalog, ChangeSetInfoRoundTrips) {
  ChangeSetInfo info;
  info.number = 9;
  info.state = ChangeSetState::kHeld;
  info.digest = std::string(32, '\xAB');
  info.counts.deleted = 600;
  info.books.planned = 600;
  info.holds.push_back({"deletes", 500, 600, 5, 60, {"H1"}});
  const auto read = DecodeChangeSetInfo(EncodeChangeSetInfo(info));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeChangeSetInfo(*read), EncodeChangeSetInfo(info));
}

TEST(Catalog, DamagedRowsAreDataLoss) {
  for (const std::string bad : {"", "{}", "[]", "{\"id\":\"x\"}", "\xFF"}) {
    EXPECT_EQ(DecodeDatasetRow(bad).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(DecodeHead(bad).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(DecodeChangeSetInfo(bad).status().code(), absl::StatusCode::kDataLoss);
  }
}

Change SomeChange(ChangeOp op, std::string canonical) {
  Change change;
  change.op = op;
  change.key = std::string(16, 'k');
  change.canonical = std::move(canonical);
  change.changed_ids = {1, 300};
  return change;
}

// Cut to an integer, it would be another number, or anything at all when it is too large.
TEST(Catalog, FractionInPlaceOfANumberIsDataLoss) {
  const std::string sound = EncodeHead({});
  const std::string member = "\"next_batch\":";
  const size_t at = sound.find(member) + member.size();
  ASSERT_TRUE(DecodeHead(sound).ok());
  for (const char* number : {"1.5", "1e3", "1e30", "66666666666666666666666"}) {
    const std::string row = sound.substr(0, at) + number + sound.substr(sound.find_first_of(",}", at));
    EXPECT_TRUE(absl::IsDataLoss(DecodeHead(row).status())) << number;
  }
  DatasetRow row;
  row.guards.max_delete_percent = 12.5;
  EXPECT_EQ(DecodeDatasetRow(EncodeDatasetRow(row))->guards.max_delete_percent, 12.5);
}

TEST(ChangeBody, RoundTrips) {
  const std::string bytes = EncodeChangeBody(SomeChange(ChangeOp::kUpdate, "content"));
  const auto read = DecodeChangeBody({1, 2}, bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeChangeBody(*read), bytes);
  EXPECT_EQ(read->canonical, "content");
}

TEST(ChangeBody, CutHeadsAndUnknownOperationsAreDataLoss) {
  const std::string bytes = EncodeChangeBody(SomeChange(ChangeOp::kUpdate, ""));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeChangeBody({1, 1}, bytes.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_FALSE(DecodeChangeBody({1, 1}, "\x09" + bytes.substr(1)).ok());
}

TEST(ChangeLog, BulkAndBatchWritingGiveOneSequenceAndDigest) {
  const auto store = NewMemoryStore();
  ChangeLogWriter writer(store.get(), 1, 4);
  constexpr uint64_t kMany = 20'100;  // past the point where bodies go into sorted files
  for (uint64_t i = 1; i <= kMany; ++i) ASSERT_EQ(*writer.Add(SomeChange(ChangeOp::kAdd, std::to_string(i))), i);
  ASSERT_TRUE(writer.Finish().ok());
  EXPECT_EQ(writer.Digest(), *StoredDigest(store.get(), 1, 4));
  EXPECT_EQ((*ReadChanges(store.get(), 1, {{4, kMany}}))[0].canonical, std::to_string(kMany));
  EXPECT_EQ(ReadChanges(store.get(), 1, {{4, kMany + 1}}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ChangeLog, StoredDeltasComeBackInKeyOrder) {
  const auto store = NewMemoryStore();
  DeltaRuns runs({testing::TempDir(), 1});
  for (int i = 1'999; i >= 0; --i) {
    Delta delta;
    delta.key.bytes[0] = static_cast<unsigned char>(i >> 8);
    delta.key.bytes[1] = static_cast<unsigned char>(i);
    delta.sequence = static_cast<uint32_t>(i);
    delta.kind = Delta::Kind::kWant;
    delta.in_index = i % 2 == 0;
    delta.had_entry = i % 3 == 0;
    ASSERT_TRUE(runs.Add(delta).ok());
  }
  ASSERT_TRUE(runs.FinishAdding().ok());
  ASSERT_TRUE(StoreDeltas(DeltasOf(&runs), store.get(), 1, 4).ok());
  uint64_t next = 0;
  ASSERT_TRUE(StoredDeltas(store.get(), 1, 4)([&](const Delta& delta) {
                EXPECT_EQ(delta.sequence, next);
                EXPECT_EQ(delta.in_index, next % 2 == 0);
                EXPECT_EQ(delta.had_entry, next % 3 == 0);
                ++next;
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(next, 2'000u);
}

// The layouts of engine/FORMATS.md, byte by byte: what is written today must be readable by every later version.
TEST(GoldenBytes, LedgerEntries) {
  EXPECT_EQ(absl::BytesToHexString(EncodeEntry(Entry::Pending({1, 2}, true))), "0101020000");
  Entry parked = Entry::Pending({1, 1}, false);
  parked.code = "E1";
  parked.since = 1'000;
  parked.attempts = 1;
  EXPECT_EQ(absl::BytesToHexString(EncodeEntry(parked)),
            "080101e807010245"
            "3100");
  Entry flying = Entry::Pending({2, 1}, false);
  flying.flight = Flight{5, {1, 1}, ChangeOp::kDelete, true};
  EXPECT_EQ(absl::BytesToHexString(EncodeEntry(flying)), "060201000005010103");
}

TEST(GoldenBytes, ChangeBodyCapsuleAndBatch) {
  const std::string key_hex(32, 'b');
  Change change = SomeChange(ChangeOp::kUpdate, "c");
  change.key = std::string(16, '\xBB');
  EXPECT_EQ(absl::BytesToHexString(EncodeChangeBody(change)), "02" + key_hex + "0201ac0263");
  EXPECT_EQ(absl::BytesToHexString(EncodeCapsule({{3, 400}, "c"})), "03900363");
  BatchRow batch;
  batch.task_id = "t";
  batch.unknown = true;
  batch.items.push_back({Key128::From(change.key.data()), {3, 400}, ChangeOp::kDelete, true});
  EXPECT_EQ(absl::BytesToHexString(EncodeBatchRow(batch)), "0101017401" + key_hex + "03900383");
}

TEST(GoldenBytes, CanonicalForm) {
  std::string bytes;
  EncodeCanonical(std::vector<absl::string_view>{"b", "", "愛"}, std::vector<uint32_t>{2, 3, 1}, &bytes);
  EXPECT_EQ(absl::BytesToHexString(bytes), "0103e6849b020162");
}

TEST(Capsule, CutHeadIsDataLoss) {
  EXPECT_EQ(DecodeCapsule("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeCapsule("\x03\x90").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeCapsule(EncodeCapsule({{3, 400}, "c"}))->canonical, "c");
}

TEST(ChangeLog, CutDeltaPageIsDataLoss) {
  const auto store = NewMemoryStore();
  Batch batch;
  batch.Put(Family::kChanges, layout::Numbered(layout::ChangePart(1, 4, 'i'), 0), std::string(43, 'x'));
  ASSERT_TRUE(store->Commit(batch, Durability::kSynced).ok());
  const absl::Status status = StoredDeltas(store.get(), 1, 4)([](const Delta&) { return absl::OkStatus(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

TEST(BatchRow, RoundTripsAndEveryCutIsDataLoss) {
  const auto store = NewMemoryStore();
  BatchRow row;
  row.id = 2;
  row.task_id = "task";
  row.unknown = true;
  row.items.push_back({Key128(), {3, 400}, ChangeOp::kDelete, true});
  row.items.push_back({Key128(), {3, 401}, ChangeOp::kAdd, false});
  const std::string bytes = EncodeBatchRow(row);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    Batch batch;
    batch.Put(Family::kSubmissions, layout::SubmissionBatch(1, 2), bytes.substr(0, size));
    ASSERT_TRUE(store->Commit(batch, Durability::kSynced).ok());
    const auto read = ReadBatchRow(store.get(), 1, 2);
    EXPECT_EQ(read.status().code(), size == bytes.size() ? absl::StatusCode::kOk : absl::StatusCode::kDataLoss) << size;
    if (read.ok()) {
      EXPECT_EQ(EncodeBatchRow(*read), bytes);
    }
  }
  EXPECT_EQ(ReadBatchRow(store.get(), 1, 9).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sabun
