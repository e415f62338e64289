#include "adapters/client/localized_status.h"

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/types/optional.h"

namespace sabun::client {
namespace {

constexpr absl::string_view kCodeUrl = "sabun/code";
constexpr absl::string_view kJapaneseUrl = "sabun/ja";

constexpr absl::string_view kStoreFailed = "STORE-FAILED";
constexpr const char* kStoreFailedJa =
    "エンジンのストアへの書き込みまたは読み出しに失敗しました。エンジンは終了し、再起動後に続きから処理します。"
    "しばらくしてからもう一度実行してください（詳細はエンジンのログ）。";

}  // namespace

absl::Status LocalizedError(absl::StatusCode status, const ToldError& told) {
  absl::Status error(status, told.message_en);
  error.SetPayload(kCodeUrl, absl::Cord(told.code));
  error.SetPayload(kJapaneseUrl, absl::Cord(told.message_ja));
  return error;
}

ToldError Tell(const absl::Status& status) {
  const auto payload = [&](absl::string_view url, const std::string& otherwise) {
    const absl::optional<absl::Cord> cord = status.GetPayload(url);
    return cord.has_value() ? std::string(*cord) : otherwise;
  };
  const std::string message(status.message());
  return {payload(kCodeUrl, absl::StatusCodeToString(status.code())), payload(kJapaneseUrl, message), message};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  if (absl::StartsWith(status.error_message(), kStoreFailed)) {
    return LocalizedError(static_cast<absl::StatusCode>(status.error_code()),
                          {std::string(kStoreFailed), kStoreFailedJa, status.error_message()});
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace sabun::client
