#include "tests/pmh_sim/connection.h"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>

namespace sabun {
namespace {

int PortOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return -1;
}

// cpp-httplib does not tell a handler its socket, so it is looked for among the process's own descriptors.
void BreakMatching(int server_port, int remote_port) {
  DIR* const descriptors = ::opendir("/proc/self/fd");
  if (descriptors == nullptr) return;
  while (const dirent* entry = ::readdir(descriptors)) {
    const int fd = std::atoi(entry->d_name);
    sockaddr_storage own{};
    sockaddr_storage peer{};
    socklen_t own_size = sizeof(own);
    socklen_t peer_size = sizeof(peer);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) != 0 || PortOf(own) != server_port) continue;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) continue;
    if (remote_port < 0 || PortOf(peer) == remote_port) ::shutdown(fd, SHUT_RDWR);
  }
  ::closedir(descriptors);
}

}  // namespace

void BreakConnection(int server_port, int remote_port) { BreakMatching(server_port, remote_port); }

void BreakAllConnections(int server_port) { BreakMatching(server_port, -1); }

}  // namespace sabun
