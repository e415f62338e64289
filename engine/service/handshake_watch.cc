#include "engine/service/handshake_watch.h"

#include <grpc/support/log.h>

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "engine/base/mutex.h"
#include "spdlog/spdlog.h"

namespace sabun {
namespace {

Mutex mutex;
HandshakeWatch::Told& Listener() {
  static auto* const listener = new HandshakeWatch::Told();
  return *listener;
}

void TakeLine(gpr_log_func_args* line) {
  const absl::string_view reason = HandshakeReason(line->message);
  if (reason.empty()) return spdlog::warn("gRPC: {}", line->message);
  spdlog::warn("TLS: a handshake failed: {}", std::string(reason));
  MutexLock lock(&mutex);
  if (Listener()) Listener()(reason);
}

}  // namespace

absl::string_view HandshakeReason(absl::string_view line) {
  if (!absl::StartsWith(line, "Handshake failed with fatal error ")) return "";
  const size_t colon = line.rfind("::");
  return colon == absl::string_view::npos ? "unknown" : absl::StripSuffix(line.substr(colon + 2), ".");
}

HandshakeWatch::HandshakeWatch(Told told) {
  {
    MutexLock lock(&mutex);
    Listener() = std::move(told);
  }
  gpr_set_log_function(&TakeLine);
}

HandshakeWatch::~HandshakeWatch() {
  MutexLock lock(&mutex);
  Listener() = nullptr;
}

}  // namespace sabun
