// How a submission stands with its hub is told with the lease and shown with the status.
#include <gtest/gtest.h>

#include "tests/support/engine_host.h"
#include "tests/support/one_field.h"

namespace sabun {
namespace {

class HubReportTest : public testing::Test {
 protected:
  void SetUp() override {
    host_ = *EngineHost::Start({});
    v1::CreateDatasetRequest request;
    request.set_name("d");
    request.set_profile_toml(kOneFieldProfile);
    grpc::ClientContext context;
    v1::CreateDatasetResponse response;
    ASSERT_TRUE(host_->stubs().datasets->CreateDataset(&context, request, &response).ok());
  }
  grpc::Status Renew(const v1::HubReport* hub) {
    v1::AcquireLeaseRequest request;
    request.set_dataset("d");
    request.set_holder("adapter");
    request.set_seconds(60);
    if (hub != nullptr) *request.mutable_hub() = *hub;
    grpc::ClientContext context;
    v1::AcquireLeaseResponse response;
    return host_->stubs().submission->AcquireLease(&context, request, &response);
  }
  v1::DatasetStatus Status() {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(host_->stubs().admin->GetStatus(&context, {}, &response).ok());
    return response.datasets(0);
  }
  static v1::HubReport Open() {
    v1::HubReport hub;
    hub.set_circuit(v1::HUB_CIRCUIT_OPEN);
    hub.set_failures_in_a_row(8);
    hub.set_last_code("HTTP-503");
    hub.set_next_attempt_ms(30'000);
    return hub;
  }

  std::unique_ptr<EngineHost> host_;
};

TEST_F(HubReportTest, IsShownWithTheTimeThatIsLeft) {
  const v1::HubReport open = Open();
  ASSERT_TRUE(Renew(&open).ok());
  host_->clock().Advance(absl::Seconds(10));
  const v1::HubReport shown = Status().hub();
  EXPECT_EQ(shown.circuit(), v1::HUB_CIRCUIT_OPEN);
  EXPECT_EQ(shown.failures_in_a_row(), 8u);
  EXPECT_EQ(shown.last_code(), "HTTP-503");
  EXPECT_EQ(shown.next_attempt_ms(), 20'000u);
}

TEST_F(HubReportTest, StaysWhenARenewalSaysNothing) {
  const v1::HubReport open = Open();
  ASSERT_TRUE(Renew(&open).ok());
  ASSERT_TRUE(Renew(nullptr).ok());
  EXPECT_TRUE(Status().has_hub());
}

TEST_F(HubReportTest, EndsWithTheLease) {
  const v1::HubReport open = Open();
  ASSERT_TRUE(Renew(&open).ok());
  host_->clock().Advance(absl::Seconds(61));
  EXPECT_FALSE(Status().has_hub());
}

TEST_F(HubReportTest, CodeThatMayHoldAnythingIsRefused) {
  v1::HubReport open = Open();
  open.set_last_code("山田太郎");
  EXPECT_EQ(Renew(&open).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(Status().has_hub());
}

}  // namespace
}  // namespace sabun
