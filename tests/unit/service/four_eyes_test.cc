// Whoever pushed a change set may not approve it, whatever else the access file lets him do; over mutual TLS.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "adapters/client/channel.h"
#include "engine/base/bytes.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/record/packed_fields.h"
#include "engine/service/server.h"
#include "engine/snapshot.h"
#include "sabun/v1/change_set.grpc.pb.h"
#include "tests/support/audit_trail.h"
#include "tests/support/development_pki.h"
#include "tests/support/two_fields.h"

namespace sabun {
namespace {

std::string Identity(const std::string& role) {
  return absl::StrCat("spiffe://sabun/mihon-city/", role, "/development");
}

class FourEyesTest : public testing::Test {
 protected:
  void SetUp() override {
    EngineOptions engine;
    engine.spool_directory = testing::TempDir();
    engine_ = *Engine::Open(store_.get(), &clock_, engine);
    bool created = false;
    GuardLimits limits;
    limits.max_shrink_rows = 0;  // and the usual ten percent
    dataset_ = *engine_->CreateDataset("mihon-city/child", kTwoFieldProfile, limits, &created);
    std::ofstream rules(pki_.Path("both.toml"));
    for (const char* role : {"source", "approver"}) {
      rules << "[[grant]]\nidentity = '" << Identity(role)
            << "'\nroles = ['source', 'approver']\norganizations = ['mihon-city']\n";
    }
    rules.close();
    ServerOptions options;
    options.transport = pki_.Server();
    options.clock = &clock_;
    audit_.GiveTo(&options);
    options.access = *AccessFile::Open(pki_.Path("both.toml"), [](const absl::Status&, const std::string&) {});
    server_ = *Server::Start(engine_.get(), options);
  }
  // By the source.
  ChangeSetInfo Push(const std::vector<std::string>& ids) {
    SnapshotRequest request;
    request.snapshot_id = absl::StrCat("with ", ids.size());
    request.pushed_by = Identity("source");
    const std::shared_ptr<Snapshot> snapshot = *dataset_->Attach(request);
    std::string entries, rows;
    for (const std::string& id : ids) {
      entries += TwoFieldEntry(snapshot->key_secret(), snapshot->fingerprint_secret(), id, "n");
    }
    StreamDigest digest;
    digest.Update(entries);
    std::vector<RowFinding> findings;
    EXPECT_TRUE(snapshot->AddFingerprints({0, entries, {}, {}}).ok());
    EXPECT_TRUE(snapshot->End(ids.size(), digest.Value(), &findings).ok());
    const std::vector<uint64_t> needed = *snapshot->NextNeeded(10);
    for (const uint64_t ordinal : needed) {
      AppendVarint(ordinal, &rows);
      AppendPackedFields(std::vector<std::string>{ids[ordinal], "n"}, &rows);
    }
    EXPECT_TRUE(snapshot->TakeRecords(std::move(rows), {}).ok() && snapshot->FinishWork().ok());
    const auto info = snapshot->Commit();
    EXPECT_TRUE(info.ok()) << info.status();
    dataset_->Detach(snapshot, true);
    return *info;
  }
  grpc::Status Approve(const std::string& role, const ChangeSetInfo& held) {
    v1::ApproveChangeSetRequest request;
    request.set_dataset("mihon-city/child");
    request.set_number(held.number);
    request.set_digest(held.digest);
    grpc::ClientContext context;
    v1::ApproveChangeSetResponse response;
    const auto channel = *client::OpenChannel(server_->address(), pki_.Client(role));
    return v1::ChangeSetService::NewStub(channel)->ApproveChangeSet(&context, request, &response);
  }

  DevelopmentPki pki_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  AuditTrail audit_{store_.get(), &clock_};
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
  std::unique_ptr<Server> server_;
};

TEST_F(FourEyesTest, WhoeverPushedMayNotApproveThoughHeIsAnApprover) {
  Push({"A", "B"});
  const ChangeSetInfo held = Push({"A"});
  ASSERT_EQ(held.state, ChangeSetState::kHeld);
  EXPECT_EQ(Approve("source", held).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(dataset_->change_sets().Get(held.number)->state, ChangeSetState::kHeld);
  const grpc::Status approved = Approve("approver", held);
  EXPECT_TRUE(approved.ok()) << approved.error_message();
}

}  // namespace
}  // namespace sabun
