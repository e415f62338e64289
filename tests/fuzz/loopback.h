// One connection to a port of this machine.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/string_view.h"
#include "tests/fuzz/fuzz_input.h"

namespace sabun::fuzz {

// Nothing takes longer than some seconds: what does is a finding.
class Loopback {
 public:
  explicit Loopback(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // No state is left behind, so that ports do not run out.
    const linger at_once{1, 0};
    const timeval limit{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    Require(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0, "the engine listens");
  }
  ~Loopback() { close(socket_); }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  int socket() const { return socket_; }
  // Until the other side has closed too.
  void SendAndWait(absl::string_view bytes) {
    // The other side may have seen enough before all is sent.
    if (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return;
    shutdown(socket_, SHUT_WR);
    char piece[4096];
    ssize_t got = 0;
    while ((got = recv(socket_, piece, sizeof(piece), 0)) > 0) {
    }
    Require(got == 0 || errno != EAGAIN, "the engine closes what is no TLS");
  }

 private:
  const int socket_;
};

}  // namespace sabun::fuzz
