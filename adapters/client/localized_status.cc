#include "adapters/client/localized_status.h"

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/types/optional.h"

namespace sabun::client {
namespace {

constexpr absl::string_view kCodeUrl = "sabun/code";
constexpr absl::string_view kJapaneseUrl = "sabun/ja";

// What the engine's message begins with, and its Japanese text.
struct EngineCode {
  absl::string_view code;
  const char* japanese;
};
constexpr EngineCode kEngineCodes[] = {
    {"STORE-FAILED",
     "エンジンのストアへの書き込みまたは読み出しに失敗しました。エンジンは終了し、再起動後に続きから処理します。"
     "しばらくしてからもう一度実行してください（詳細はエンジンのログ）。"},
    {"TOO-MANY-CALLS",
     "この証明書で開いている呼び出しが上限に達しています。いくつか終わるのを待つか、開いたままにしているプログラムが"
     "ないか確かめてください。"},
    {"FIRST-MESSAGE-LATE",
     "呼び出しが始まった後、時間内に何も送られませんでした。もう一度実行してください。繰り返す場合は通信経路を"
     "確かめてください。"},
    {"SOURCE-SILENT",
     "取込元が長い間何も送らず、受け取りもしなかったため、取込の席をほかに譲りました。届いた分はしばらく保持されます。"
     "もう一度取り込んでください（続きから送られます）。"},
};

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
  for (const EngineCode& known : kEngineCodes) {
    if (!absl::StartsWith(status.error_message(), known.code)) continue;
    return LocalizedError(static_cast<absl::StatusCode>(status.error_code()),
                          {std::string(known.code), known.japanese, status.error_message()});
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace sabun::client
