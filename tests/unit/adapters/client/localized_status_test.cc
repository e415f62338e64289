#include "adapters/client/localized_status.h"

#include <gtest/gtest.h>

namespace sabun::client {
namespace {

TEST(LocalizedStatus, CarriesCodeAndBothTexts) {
  const absl::Status status =
      LocalizedError(absl::StatusCode::kNotFound, {"FILE-NOT-FOUND", "ありません", "not there"});
  EXPECT_TRUE(absl::IsNotFound(status));
  const ToldError told = Tell(status);
  EXPECT_EQ(told.code, "FILE-NOT-FOUND");
  EXPECT_EQ(told.message_ja, "ありません");
  EXPECT_EQ(told.message_en, "not there");
}

TEST(LocalizedStatus, PlainStatusIsToldByItsOwnName) {
  const ToldError told = Tell(absl::AbortedError("engine was restarted"));
  EXPECT_EQ(told.code, "ABORTED");
  EXPECT_EQ(told.message_ja, "engine was restarted");
}

TEST(LocalizedStatus, GrpcCodesKeepTheirNumber) {
  EXPECT_TRUE(absl::IsDataLoss(FromGrpc(grpc::Status(grpc::StatusCode::DATA_LOSS, "x"))));
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(LocalizedStatus, FailedStoreOfTheEngineIsToldInJapaneseToo) {
  const absl::Status status = FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "STORE-FAILED: the disk"));
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(Tell(status).code, "STORE-FAILED");
  EXPECT_NE(Tell(status).message_ja, Tell(status).message_en);
}

}  // namespace
}  // namespace sabun::client
