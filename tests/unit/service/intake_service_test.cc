// The conversation of intake.proto over real gRPC: every message out of its place is refused, and nothing is left
// behind.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/record/packed_fields.h"
#include "tests/support/engine_host.h"
#include "tests/support/two_fields.h"

namespace sabun {
namespace {

// One stream, driven message by message.
class Conversation {
 public:
  explicit Conversation(EngineHost* engine) : stream_(engine->stubs().intake->Sync(&context_)) {}
  ~Conversation() { context_.TryCancel(); }

  void Begin(const std::string& id, const std::string& dataset = "city/child",
             v1::SnapshotKind kind = v1::SNAPSHOT_KIND_COMPLETE, const std::string& layout = "") {
    v1::SyncRequest request;
    request.mutable_begin()->set_dataset(dataset);
    request.mutable_begin()->set_kind(kind);
    request.mutable_begin()->set_snapshot_id(id);
    request.mutable_begin()->set_layout(layout);
    Send(request);
  }
  // Sends the fingerprints of `ids`, whose names are `name`.
  void Fingerprints(const std::vector<std::string>& ids, const std::string& name, uint64_t first = 0) {
    std::string entries;
    for (const std::string& id : ids) {
      entries += TwoFieldEntry(begun_.key_secret(), begun_.fingerprint_secret(), id, name);
    }
    v1::SyncRequest request;
    request.mutable_fingerprints()->set_first_ordinal(first);
    request.mutable_fingerprints()->set_entries(entries);
    digest_.Update(entries);
    Send(request);
  }
  void End(uint64_t count) {
    v1::SyncRequest request;
    request.mutable_end()->set_count(count);
    request.mutable_end()->set_digest(digest_.Value());
    Send(request);
  }
  void Records(const std::vector<uint64_t>& ordinals, const std::vector<std::string>& ids, const std::string& name) {
    v1::SyncRequest request;
    for (size_t i = 0; i < ordinals.size(); ++i) {
      AppendVarint(ordinals[i], request.mutable_records()->mutable_rows());
      AppendPackedFields(std::vector<std::string>{ids[i], name}, request.mutable_records()->mutable_rows());
    }
    Send(request);
  }
  void Commit() {
    v1::SyncRequest request;
    request.mutable_commit();
    Send(request);
  }
  void Send(const v1::SyncRequest& request) { stream_->Write(request); }
  // The next answer; the stream's error when there is none.
  v1::SyncResponse Read() {
    v1::SyncResponse response;
    if (!stream_->Read(&response)) return {};
    if (response.has_begun()) begun_ = response.begun();
    return response;
  }
  // Reads to the end.
  grpc::StatusCode Code() {
    v1::SyncResponse response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish().error_code();
  }
  const v1::Begun& begun() const { return begun_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SyncRequest, v1::SyncResponse>> stream_;
  v1::Begun begun_;
  StreamDigest digest_;
};

class IntakeServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = EngineHost::Start({});
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    grpc::ClientContext context;
    v1::CreateDatasetRequest request;
    v1::CreateDatasetResponse response;
    request.set_name("city/child");
    request.set_profile_toml(kTwoFieldProfile);
    const grpc::Status created = engine_->stubs().datasets->CreateDataset(&context, request, &response);
    ASSERT_TRUE(created.ok()) << created.error_message();
  }
  // A stream that has begun.
  std::unique_ptr<Conversation> Open(const std::string& id) {
    auto stream = std::make_unique<Conversation>(engine_.get());
    stream->Begin(id);
    EXPECT_TRUE(stream->Read().has_begun());
    return stream;
  }
  // Pushes records completely; the engine's answer.
  v1::Committed Push(const std::string& id, const std::vector<std::string>& ids, const std::string& name) {
    auto stream = Open(id);
    stream->Fingerprints(ids, name);
    stream->End(ids.size());
    const v1::SyncResponse needed = stream->Read();
    std::vector<uint64_t> ordinals(needed.needed().ordinals().begin(), needed.needed().ordinals().end());
    std::vector<std::string> asked;
    for (const uint64_t ordinal : ordinals) asked.push_back(ids[ordinal]);
    if (!ordinals.empty()) stream->Records(ordinals, asked, name);
    stream->Commit();
    return stream->Read().committed();
  }

  std::unique_ptr<EngineHost> engine_;
};

TEST_F(IntakeServiceTest, SecondPushOfTheSameAsksForNothing) {
  EXPECT_EQ(Push("s1", {"A", "B"}, "n").counts().added(), 2u);
  const v1::Committed second = Push("s2", {"A", "B"}, "n");
  EXPECT_EQ(second.counts().unchanged(), 2u);
  EXPECT_EQ(second.change_set().state(), v1::CHANGE_SET_STATE_EMPTY);
}

TEST_F(IntakeServiceTest, SameSnapshotIdAnswersWithWhatWasCommitted) {
  const v1::Committed first = Push("s1", {"A"}, "n");
  Conversation again(engine_.get());
  again.Begin("s1");
  const v1::SyncResponse answer = again.Read();
  EXPECT_EQ(answer.begun().committed().change_set().number(), first.change_set().number());
  EXPECT_EQ(again.Code(), grpc::StatusCode::OK);
}

TEST_F(IntakeServiceTest, FirstMessageMustBeBegin) {
  Conversation stream(engine_.get());
  stream.Commit();
  EXPECT_EQ(stream.Code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(IntakeServiceTest, WrongBeginsAreRefused) {
  const auto code = [&](const std::string& id, const std::string& dataset, v1::SnapshotKind kind,
                        const std::string& layout) {
    Conversation stream(engine_.get());
    stream.Begin(id, dataset, kind, layout);
    return stream.Code();
  };
  EXPECT_EQ(code("s", "city/child", v1::SNAPSHOT_KIND_UNSPECIFIED, ""), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("", "city/child", v1::SNAPSHOT_KIND_COMPLETE, ""), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code(std::string(65, 's'), "city/child", v1::SNAPSHOT_KIND_COMPLETE, ""),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("s", "city/child", v1::SNAPSHOT_KIND_COMPLETE, std::string(65 << 10, 'l')),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("s", "city/nobody", v1::SNAPSHOT_KIND_COMPLETE, ""), grpc::StatusCode::NOT_FOUND);
}

TEST_F(IntakeServiceTest, FingerprintsWithAGapAreRefused) {
  const auto stream = Open("s1");
  stream->Fingerprints({"A"}, "n", 1);
  EXPECT_EQ(stream->Code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(IntakeServiceTest, StatedCountThatIsNotMetAbortsAndLeavesNothing) {
  const auto stream = Open("s1");
  stream->Fingerprints({"A"}, "n");
  stream->End(2);
  EXPECT_EQ(stream->Code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(Push("s1", {"A"}, "n").change_set().number(), 1u);
}

TEST_F(IntakeServiceTest, RecordsOutOfTurnAreRefused) {
  const auto early = Open("s1");
  early->Records({0}, {"A"}, "n");
  EXPECT_EQ(early->Code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto unasked = Open("s2");
  unasked->Fingerprints({"A", "B"}, "n");
  unasked->End(2);
  EXPECT_TRUE(unasked->Read().has_needed());
  unasked->Records({1}, {"B"}, "n");
  EXPECT_EQ(unasked->Code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(IntakeServiceTest, OneByteTooManyIsRefused) {
  const auto stream = Open("s1");
  stream->Fingerprints({"A"}, "n");
  stream->End(1);
  EXPECT_TRUE(stream->Read().has_needed());
  v1::SyncRequest request;
  request.mutable_records()->set_rows(std::string("\0\1A\1n", 5) + "x");
  stream->Send(request);
  EXPECT_EQ(stream->Code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(IntakeServiceTest, CommitBeforeEveryRowIsRefused) {
  const auto stream = Open("s1");
  stream->Fingerprints({"A"}, "n");
  stream->End(1);
  stream->Commit();
  EXPECT_EQ(stream->Code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(IntakeServiceTest, RowWhoseKeyIsAnotherIsReportedAndNotTaken) {
  const auto stream = Open("s1");
  stream->Fingerprints({"A"}, "n");
  stream->End(1);
  EXPECT_TRUE(stream->Read().has_needed());
  stream->Records({0}, {"B"}, "n");
  const v1::SyncResponse errors = stream->Read();
  ASSERT_EQ(errors.record_errors().errors_size(), 1);
  EXPECT_EQ(errors.record_errors().errors(0).code(), "KEY-MISMATCH");
  stream->Commit();
  EXPECT_EQ(stream->Read().committed().counts().invalid(), 1u);
}

TEST_F(IntakeServiceTest, TwoSnapshotsOfADatasetAtOnceAreRefused) {
  const auto first = Open("s1");
  Conversation second(engine_.get());
  second.Begin("s2");
  EXPECT_EQ(second.Code(), grpc::StatusCode::FAILED_PRECONDITION);
  first->Fingerprints({"A"}, "n");
  first->End(1);
  EXPECT_TRUE(first->Read().has_needed()) << "the first goes on";
}

TEST_F(IntakeServiceTest, ManyRowsAreAskedForInWindowsAndInOrder) {
  std::vector<std::string> ids;
  for (int i = 0; i < 40'000; ++i) ids.push_back(std::to_string(i));
  const auto stream = Open("s1");
  stream->Fingerprints(ids, "n");
  stream->End(ids.size());
  uint64_t next = 0;
  for (bool last = false; !last;) {
    const v1::SyncResponse needed = stream->Read();
    ASSERT_TRUE(needed.has_needed());
    std::vector<std::string> asked;
    std::vector<uint64_t> ordinals(needed.needed().ordinals().begin(), needed.needed().ordinals().end());
    for (const uint64_t ordinal : ordinals) {
      ASSERT_EQ(ordinal, next++);
      asked.push_back(ids[ordinal]);
    }
    stream->Records(ordinals, asked, "n");
    last = needed.needed().last();
  }
  stream->Commit();
  EXPECT_EQ(stream->Read().committed().counts().added(), 40'000u);
}

}  // namespace
}  // namespace sabun
