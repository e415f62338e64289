// Tells of TLS handshakes that gRPC ended itself: no certificate, TLS 1.2, plaintext. gRPC 1.51 tells nobody but its
// own log, so that is listened to.
#pragma once

#include <functional>

#include "absl/strings/string_view.h"

namespace sabun {

// At most one at a time in a process. What else gRPC logs goes to the process's log.
class HandshakeWatch {
 public:
  // OpenSSL's reason, such as "no shared cipher"; told from any thread. Nothing in it is the stranger's.
  using Told = std::function<void(absl::string_view reason)>;
  explicit HandshakeWatch(Told told);
  // Afterwards nobody is told any more.
  ~HandshakeWatch();
  HandshakeWatch(const HandshakeWatch&) = delete;
  HandshakeWatch& operator=(const HandshakeWatch&) = delete;
};

// The reason in a line of gRPC's log; empty when it is about something else.
absl::string_view HandshakeReason(absl::string_view line);

}  // namespace sabun
