// What the audit service says of a log whose beginning was erased after its time.
#include "engine/service/audit_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/service/server.h"
#include "sabun/v1/audit.grpc.pb.h"
#include "tests/support/audit_trail.h"

namespace sabun {
namespace {

class AuditServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = *Engine::Open(store_.get(), &clock_, {});
    ServerOptions options;
    options.transport.listen = "127.0.0.1:0";
    options.transport.insecure_loopback = true;
    options.clock = &clock_;
    audit_.GiveTo(&options);
    server_ = *Server::Start(engine_.get(), options);
  }
  static AuditOptions SmallSegments() {
    AuditOptions options;
    options.segment_bytes = 1'000;
    options.keep = absl::Minutes(1);
    return options;
  }
  v1::VerifyAuditResponse Verify() {
    grpc::ClientContext context;
    v1::VerifyAuditResponse response;
    const auto channel = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    const grpc::Status status = v1::AuditService::NewStub(channel)->VerifyAudit(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  AuditTrail audit_{store_.get(), &clock_, SmallSegments()};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
};

TEST_F(AuditServiceTest, VerificationSaysWhatWasPrunedAndSinceWhenTheRestIs) {
  for (int i = 0; i < 50; ++i) {
    clock_.Advance(absl::Seconds(10));
    Verify();
  }
  EXPECT_EQ(Verify().pruned(), 0u);
  EXPECT_EQ(Verify().pruned_before(), 0);
  const uint64_t pruned = *audit_.log().Prune();
  const v1::VerifyAuditResponse response = Verify();
  EXPECT_TRUE(response.sound());
  EXPECT_GT(pruned, 0u);
  EXPECT_EQ(response.pruned(), pruned);
  const absl::Time before = absl::FromUnixSeconds(response.pruned_before());
  EXPECT_LE(before, clock_.Now() - absl::Minutes(1));
  EXPECT_GT(before, clock_.Now() - absl::Minutes(2)) << "two segments are shorter than that";
}

}  // namespace
}  // namespace sabun
