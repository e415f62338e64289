// Errors that people read: a status with a stable code and a Japanese and an English text. Texts never hold a personal
// value.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sabun::client {

// What an operator sees of an error.
struct ToldError {
  std::string code;        // stable, for scripts: "FILE-EMPTY", or the name of the status code
  std::string message_ja;  // falls back to the English text
  std::string message_en;
};

// A status whose message is `message_en` and that carries the other two along.
absl::Status LocalizedError(absl::StatusCode status, const ToldError& told);

// What `status` (not OK) carries, or its code's name and message.
ToldError Tell(const absl::Status& status);

// The engine's answer as an absl::Status with the same code and message.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace sabun::client
