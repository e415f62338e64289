// A source that begins a snapshot and then says nothing: its place goes to others, and what it sent waits for it.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>

#include "adapters/client/channel.h"
#include "adapters/client/localized_status.h"
#include "engine/audit/verify_log.h"
#include "engine/base/bytes.h"
#include "engine/record/packed_fields.h"
#include "engine/service/server.h"
#include "sabun/v1/intake.grpc.pb.h"
#include "tests/support/audit_trail.h"
#include "tests/support/development_pki.h"
#include "tests/support/two_fields.h"

namespace sabun {
namespace {

constexpr absl::Duration kSilence = absl::Milliseconds(20);

// Moves only when told, by any thread.
class SharedClock : public Clock {
 public:
  absl::Time Now() override { return absl::FromUnixSeconds(1'800'000'000) + Passed(); }
  absl::Time Steady() override { return absl::UnixEpoch() + Passed(); }
  void Advance(absl::Duration by) { nanoseconds_ += absl::ToInt64Nanoseconds(by); }

 private:
  absl::Duration Passed() const { return absl::Nanoseconds(nanoseconds_.load()); }
  std::atomic<int64_t> nanoseconds_{0};
};

// Does something whenever a commit has to be durable.
class BusyStore : public Store {
 public:
  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return store_->Get(family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return store_->MultiGet(family, keys);
  }
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return store_->NewScan(family, std::move(begin), std::move(end), use);
  }
  absl::Status Commit(const Batch& batch, Durability durability) override {
    if (durability == Durability::kSynced && work) work();
    return store_->Commit(batch, durability);
  }
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return store_->Freeze(); }
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override {
    return store_->NewBulkWriter(family);
  }

  std::function<void()> work;

 private:
  const std::unique_ptr<Store> store_ = NewMemoryStore();
};

// One stream of a source, message by message.
class Source {
 public:
  Source(const std::shared_ptr<grpc::Channel>& channel, const std::string& dataset, const std::string& id)
      : stub_(v1::IntakeService::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_->Sync(&context_);
    v1::SyncRequest request;
    request.mutable_begin()->set_dataset(dataset);
    request.mutable_begin()->set_kind(v1::SNAPSHOT_KIND_COMPLETE);
    request.mutable_begin()->set_snapshot_id(id);
    stream_->Write(request);
    begun_ = Read().begun();
  }
  ~Source() { context_.TryCancel(); }

  v1::SyncResponse Read() {
    v1::SyncResponse response;
    return stream_->Read(&response) ? response : v1::SyncResponse();
  }
  void SendFingerprints(const std::vector<std::string>& ids) {
    v1::SyncRequest request;
    for (const std::string& id : ids) {
      *request.mutable_fingerprints()->mutable_entries() +=
          TwoFieldEntry(begun_.key_secret(), begun_.fingerprint_secret(), id, "n");
    }
    digest_.Update(request.fingerprints().entries());
    stream_->Write(request);
  }
  void SendEnd(uint64_t count) {
    v1::SyncRequest request;
    request.mutable_end()->set_count(count);
    request.mutable_end()->set_digest(digest_.Value());
    stream_->Write(request);
  }
  void SendRecordAndCommit(const std::string& id) {
    v1::SyncRequest request, commit;
    AppendVarint(0, request.mutable_records()->mutable_rows());
    AppendPackedFields(std::vector<std::string>{id, "n"}, request.mutable_records()->mutable_rows());
    commit.mutable_commit();
    stream_->Write(request);
    stream_->Write(commit);
  }
  absl::Status End() {
    v1::SyncResponse response;
    while (stream_->Read(&response)) {
    }
    return client::FromGrpc(stream_->Finish());
  }
  uint64_t next_ordinal() const { return begun_.next_ordinal(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::IntakeService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SyncRequest, v1::SyncResponse>> stream_;
  v1::Begun begun_;
  StreamDigest digest_;
};

class SilentSourceTest : public testing::Test {
 protected:
  void Serve(int max_snapshots) {
    pki_.Run({"client", "operator", "nobody"});
    engine_ = *Engine::Open(&store_, &clock_, {});
    for (const char* dataset : {"mihon-city/child", "mihon-city/elder"}) {
      bool created = false;
      ASSERT_TRUE(engine_->CreateDataset(dataset, kTwoFieldProfile, GuardLimits(), &created).ok());
    }
    ServerOptions options;
    options.transport = pki_.Server();
    options.clock = &clock_;
    options.source_silence = kSilence;
    options.max_snapshots = max_snapshots;
    audit_.GiveTo(&options);
    options.access = *AccessFile::Open(pki_.Path("access.toml"), [](const absl::Status&, const std::string&) {});
    server_ = *Server::Start(engine_.get(), options);
  }
  std::unique_ptr<Source> Open(const std::string& dataset, const std::string& id) {
    return std::make_unique<Source>(*client::OpenChannel(server_->address(), pki_.Client("source")), dataset, id);
  }
  // How the call ends while time passes and the source says nothing.
  absl::Status EndAsTimePasses(Source* source) {
    auto ended = std::async(std::launch::async, [&] { return source->End(); });
    PassTimeUntil(ended);
    return ended.get();
  }
  void PassTimeUntil(const std::future<absl::Status>& ended) {
    while (ended.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) clock_.Advance(kSilence);
  }
  // Waits until an outcome is written down: then the engine is done with the call. Its code.
  std::string Outcome() {
    std::string code;
    while (code.empty()) {
      EXPECT_TRUE(VisitAuditLog(audit_.log().options().directory, [&](const AuditEntry& entry, absl::string_view) {
                    if (entry.phase == "outcome" && entry.method == "IntakeService/Sync") code = entry.code;
                    return absl::OkStatus();
                  }).ok());
    }
    return code;
  }

  DevelopmentPki pki_;
  BusyStore store_;
  SharedClock clock_;
  AuditTrail audit_{&store_, &clock_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
};

TEST_F(SilentSourceTest, ItsPlaceGoesToOthersAndItGoesOnWhereItWas) {
  Serve(/*max_snapshots=*/1);
  const auto silent = Open("mihon-city/child", "s1");
  silent->SendFingerprints({"A", "B", "C"});
  const absl::Status ended = EndAsTimePasses(silent.get());
  const client::ToldError told = client::Tell(ended);
  EXPECT_EQ(told.code, "SOURCE-SILENT") << ended;
  EXPECT_NE(told.message_ja, told.message_en);
  EXPECT_TRUE(absl::IsUnavailable(ended)) << "an adapter tries again by itself";
  EXPECT_EQ(Outcome(), "UNAVAILABLE");
  EXPECT_EQ(Open("mihon-city/child", "s1")->next_ordinal(), 3u);
}

TEST_F(SilentSourceTest, WhileTheEngineWorksNoTimeRuns) {
  Serve(/*max_snapshots=*/2);
  const auto working = Open("mihon-city/child", "s1"), silent = Open("mihon-city/elder", "s2");
  working->SendFingerprints({"A"});
  working->SendEnd(1);
  ASSERT_EQ(working->Read().needed().ordinals_size(), 1);
  // The seal takes so long that a silent one is ended meanwhile.
  std::future<absl::Status> ended = std::async(std::launch::async, [&] { return silent->End(); });
  store_.work = [&] {
    store_.work = nullptr;
    PassTimeUntil(ended);
  };
  working->SendRecordAndCommit("A");
  EXPECT_EQ(working->Read().committed().counts().added(), 1u);
  EXPECT_TRUE(working->End().ok());
  EXPECT_EQ(client::Tell(ended.get()).code, "SOURCE-SILENT");
}

}  // namespace
}  // namespace sabun
