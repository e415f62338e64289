#include "adapters/cli/error_report.h"

#include "absl/strings/str_cat.h"
#include "adapters/cli/texts.h"
#include "adapters/client/channel.h"
#include "adapters/client/localized_status.h"

namespace sabun::cli {
namespace {

// What an error of the engine or the connection means, by what the caller can do.
const Text* Advice(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return &text::kEngineUnavailable;
    case absl::StatusCode::kDeadlineExceeded:
      return &text::kEngineSlow;
    case absl::StatusCode::kInvalidArgument:
      return &text::kEngineInvalid;
    case absl::StatusCode::kNotFound:
      return &text::kEngineNotFound;
    case absl::StatusCode::kAlreadyExists:
      return &text::kEngineExists;
    case absl::StatusCode::kFailedPrecondition:
      return &text::kEnginePrecondition;
    case absl::StatusCode::kAborted:
      return &text::kEngineAborted;
    case absl::StatusCode::kResourceExhausted:
      return &text::kEngineBusy;
    case absl::StatusCode::kDataLoss:
      return &text::kEngineDataLoss;
    case absl::StatusCode::kUnimplemented:
      return &text::kEngineOld;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return &text::kEngineDenied;
    case absl::StatusCode::kCancelled:
      return &text::kStopped;
    default:
      return &text::kEngineFailed;
  }
}

}  // namespace

ExitStatus ReportError(const CommandContext& context, const absl::Status& failure) {
  const bool tells = client::Tell(failure).code != absl::StatusCodeToString(failure.code());
  const absl::Status status =
      tells ? failure : client::ExplainTlsFailure(failure, client::ResolveTlsFiles(context.tls));
  const client::ToldError told = client::Tell(status);
  const bool localized = told.code != absl::StatusCodeToString(status.code());
  std::string message = context.english ? told.message_en : told.message_ja;
  if (!localized) {
    message = context.Say(*Advice(status.code()), {client::EngineAddress(context.engine_flag), told.message_en});
  }
  if (context.json) {
    context.PrintJson({{"error", {{"code", told.code}, {"message", message}}}});
  } else {
    context.Note(absl::StrCat("sabun: ", message));
  }
  return told.code == "USAGE" ? ExitStatus::kWrongUse : ExitStatus::kFailed;
}

}  // namespace sabun::cli
