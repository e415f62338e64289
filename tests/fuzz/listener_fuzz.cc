// Any bytes to a listening engine: instead of TLS, and inside TLS of a client that the authority signed under any name.
// The engine goes on, and serves nobody but who is granted by the one URI of his certificate.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <csignal>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/service/server.h"
#include "spdlog/spdlog.h"
#include "tests/fuzz/fuzz_authority.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/loopback.h"
#include "tests/support/audit_trail.h"

namespace {

using namespace sabun;
using namespace sabun::fuzz;

constexpr char kGranted[] = "spiffe://fuzz/granted";

// GetStatus as HTTP/2 has it: preface, settings, the head of the call without compression, an empty message.
std::string GetStatusCall() {
  const auto frame = [](uint8_t type, uint8_t flags, uint8_t stream, const std::string& bytes) {
    const char head[] = {0,
                         static_cast<char>(bytes.size() >> 8),
                         static_cast<char>(bytes.size()),
                         static_cast<char>(type),
                         static_cast<char>(flags),
                         0,
                         0,
                         0,
                         static_cast<char>(stream)};
    return std::string(head, sizeof(head)) + bytes;
  };
  const auto text = [](absl::string_view s) { return std::string(1, static_cast<char>(s.size())) + std::string(s); };
  std::string head;
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{":method", "POST"},
                                                        {":scheme", "https"},
                                                        {":path", "/sabun.v1.AdminService/GetStatus"},
                                                        {":authority", "localhost"},
                                                        {"te", "trailers"},
                                                        {"content-type", "application/grpc"}}) {
    head += '\0' + text(name) + text(value);
  }
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") + frame(1, 4, 1, head) +
         frame(0, 1, 1, std::string(5, '\0'));
}

// Whether an answer to that call carries a message: a refusal has none.
bool CarriesMessage(absl::string_view answer) {
  while (answer.size() >= 9) {
    const auto at = [&](size_t i) { return static_cast<unsigned char>(answer[i]); };
    const size_t bytes = at(0) << 16 | at(1) << 8 | at(2);
    if (at(3) == 0 && bytes > 0) return true;
    answer.remove_prefix(std::min(answer.size(), 9 + bytes));
  }
  return false;
}
bool IsOver(absl::string_view answer) {
  while (answer.size() >= 9) {
    const auto at = [&](size_t i) { return static_cast<unsigned char>(answer[i]); };
    const size_t bytes = at(0) << 16 | at(1) << 8 | at(2);
    if (at(3) == 7 || (at(8) == 1 && (at(3) == 3 || (at(3) <= 1 && (at(4) & 1))))) return true;
    answer.remove_prefix(std::min(answer.size(), 9 + bytes));
  }
  return false;
}

struct Host {
  FuzzAuthority authority;
  std::unique_ptr<Store> store = NewMemoryStore();
  ManualClock clock;
  AuditTrail audit{store.get(), &clock};
  std::unique_ptr<Engine> engine = *Engine::Open(store.get(), &clock, {});
  std::unique_ptr<Server> server;
  int port = 0;

  Host() {
    spdlog::set_level(spdlog::level::off);
    setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
    std::signal(SIGPIPE, SIG_IGN);  // the engine may close first
    ServerOptions options;
    options.transport.listen = "127.0.0.1:0";
    options.transport.tls_cert = authority.Path("server.crt");
    options.transport.tls_key = authority.Path("server.key");
    options.transport.tls_client_ca = authority.Path("ca.crt");
    options.clock = &clock;
    audit.GiveTo(&options);
    Grants grants = Grants::ForDevelopment(kGranted);
    options.access = AccessFile::Fixed(std::move(grants));
    server = *Server::Start(engine.get(), options);
    port = std::stoi(server->address().substr(server->address().rfind(':') + 1));
    Require(CarriesMessage(Call(authority.Sign({{GEN_URI, kGranted}}), GetStatusCall())), "who is granted is served");
    Require(!CarriesMessage(Call(authority.Sign({{GEN_URI, "spiffe://fuzz/x"}}), GetStatusCall())), "nobody else");
  }

  // What the engine answers over TLS to somebody with this certificate.
  std::string Call(const FuzzAuthority::Identity& identity, const std::string& bytes, bool is_call = true) {
    Loopback connection(port);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(authority.NewClient(identity), &SSL_free);
    SSL_set_fd(ssl.get(), connection.socket());
    std::string answer;
    if (SSL_connect(ssl.get()) == 1 && SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size())) > 0) {
      char piece[4096];
      // Only a whole call is surely answered; of anything else this is all.
      if (!is_call) shutdown(connection.socket(), SHUT_WR);
      for (int got; !IsOver(answer) && (got = SSL_read(ssl.get(), piece, sizeof(piece))) > 0;) {
        answer.append(piece, static_cast<size_t>(got));
      }
    }
    ERR_clear_error();
    return answer;
  }
};

// Names of a certificate as the input says; often the granted one among others.
FuzzAuthority::Names TakeNames(FuzzInput* input) {
  static constexpr int kKinds[] = {GEN_URI, GEN_URI, GEN_DNS, GEN_EMAIL};
  FuzzAuthority::Names names;
  for (uint8_t count = input->Byte() % 4; count > 0; --count) {
    const uint8_t choice = input->Byte();
    std::string name = choice & 128 ? std::string(kGranted) : std::string(input->Piece(40));
    if (choice & 64) name += std::string(input->Piece(10));
    names.push_back({kKinds[choice % 4], name});
  }
  return names;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const host = new Host();
  FuzzInput input(data, size);
  const uint8_t choice = input.Byte() % 8;
  if (choice < 4) {
    Loopback(host->port).SendAndWait(input.rest());
    return 0;
  }
  const FuzzAuthority::Names names = TakeNames(&input);
  const FuzzAuthority::Identity identity = host->authority.Sign(names);
  if (choice < 6) {
    bool granted = false;
    int uris = 0;
    for (const auto& [kind, name] : names) {
      uris += kind == GEN_URI;
      granted = granted || (kind == GEN_URI && name == kGranted);
    }
    const bool served = CarriesMessage(host->Call(identity, GetStatusCall()));
    Require(!served || (granted && uris == 1), "only the one URI counts");
    return 0;
  }
  // Signed, and granted or not: whatever HTTP/2 it speaks.
  const std::string call = GetStatusCall();
  std::string bytes = choice == 6 ? call.substr(0, 24) + std::string(input.rest()) : call;
  while (choice == 7 && !input.empty()) {
    const size_t at = input.Byte();
    if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ input.Byte());
  }
  host->Call(identity, bytes, /*is_call=*/false);
  return 0;
}
