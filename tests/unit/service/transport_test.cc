// Mutual TLS as a client meets it: what is refused, and that new certificates come without breaking a stream.
#include "engine/service/transport.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "adapters/client/channel.h"
#include "adapters/client/localized_status.h"
#include "engine/audit/verify_log.h"
#include "engine/service/handshake_watch.h"
#include "engine/service/peer_verifier.h"
#include "engine/service/server.h"
#include "sabun/v1/admin.grpc.pb.h"
#include "sabun/v1/intake.grpc.pb.h"
#include "tests/support/audit_trail.h"
#include "tests/support/development_pki.h"

namespace sabun {
namespace {

class TransportTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { other_ = new DevelopmentPki(); }
  static void TearDownTestSuite() { delete other_; }

  void SetUp() override {
    engine_ = *Engine::Open(store_.get(), &clock_, {});
    ServerOptions options;
    options.transport = pki_.Server();
    options.clock = &clock_;
    audit_.GiveTo(&options);
    options.access = *AccessFile::Open(pki_.Path("access.toml"), [](const absl::Status&, const std::string&) {});
    auto server = Server::Start(engine_.get(), options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // One call over a connection of its own; the certificate that the engine showed is left in server_certificate_.
  absl::Status Ask(const client::TlsFiles& files) {
    const auto channel = client::OpenChannel(server_->address(), files);
    if (!channel.ok()) return channel.status();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::GetStatusResponse response;
    const grpc::Status status = v1::AdminService::NewStub(*channel)->GetStatus(&context, {}, &response);
    if (const auto peer = context.auth_context(); peer != nullptr) {
      const auto pem = peer->FindPropertyValues("x509_pem_cert");
      if (!pem.empty()) server_certificate_.assign(pem[0].data(), pem[0].size());
    }
    return client::ExplainTlsFailure(client::FromGrpc(status), files);
  }
  std::string CodeOf(const client::TlsFiles& files) { return client::Tell(Ask(files)).code; }

  std::vector<AuditEntry> Refused() {
    std::vector<AuditEntry> refused;
    EXPECT_TRUE(VisitAuditLog(audit_.log().options().directory, [&](const AuditEntry& entry, absl::string_view) {
                  if (entry.phase == "refused") refused.push_back(entry);
                  return absl::OkStatus();
                }).ok());
    return refused;
  }

  // What a client finds that is not ours: openssl's own.
  bool OpensslConnects(const std::string& version, const std::string& more = "") {
    const std::string command =
        absl::StrCat("openssl s_client -connect ", server_->address(), " ", version, " -CAfile ", pki_.Path("ca.crt"),
                     " -cert ", pki_.Path("operator.crt"), " -key ", pki_.Path("operator.key"), " -alpn h2 -brief ",
                     more, " </dev/null >/dev/null 2>&1");
    return std::system(command.c_str()) == 0;
  }

  static DevelopmentPki* other_;
  DevelopmentPki pki_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  AuditTrail audit_{store_.get(), &clock_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
  std::string server_certificate_;
};

DevelopmentPki* TransportTest::other_ = nullptr;

TEST_F(TransportTest, ClientWithAGrantIsServed) {
  const absl::Status status = Ask(pki_.Client("operator"));
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(TransportTest, ClientWithoutAGrantIsRefusedThoughItsCertificateIsGood) {
  pki_.Run({"client", "operator", "nobody"});
  EXPECT_EQ(CodeOf(pki_.Client("operator-nobody")), "PERMISSION_DENIED");
}

TEST_F(TransportTest, Tls12IsRefused) {
  EXPECT_TRUE(OpensslConnects("-tls1_3"));
  EXPECT_FALSE(OpensslConnects("-tls1_2"));
  EXPECT_FALSE(OpensslConnects("-tls1_2", "-cipher ALL:@SECLEVEL=0"));
  EXPECT_FALSE(OpensslConnects("-tls1_2", "-cipher PSK-AES256-GCM-SHA384 -psk 00"));
  EXPECT_FALSE(OpensslConnects("-tls1_1", "-cipher ALL:@SECLEVEL=0"));
}

TEST_F(TransportTest, PlaintextIsRefused) {
  const auto channel = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  v1::GetStatusResponse response;
  EXPECT_EQ(v1::AdminService::NewStub(channel)->GetStatus(&context, {}, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TransportTest, ClientWithoutACertificateIsRefused) {
  grpc::SslCredentialsOptions ssl;
  std::ifstream in(pki_.Path("ca.crt"));
  ssl.pem_root_certs.assign((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto channel = grpc::CreateChannel(server_->address(), grpc::SslCredentials(ssl));
  grpc::ClientContext context;
  v1::GetStatusResponse response;
  EXPECT_EQ(v1::AdminService::NewStub(channel)->GetStatus(&context, {}, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TransportTest, CertificateOfAnotherAuthorityIsRefused) {
  client::TlsFiles files = other_->Client("operator");
  files.ca = pki_.Path("ca.crt");
  EXPECT_EQ(CodeOf(files), "TLS-REFUSED");
}

TEST_F(TransportTest, ServerOfAnotherAuthorityIsNotTrusted) {
  client::TlsFiles files = pki_.Client("operator");
  files.ca = other_->Path("ca.crt");
  EXPECT_EQ(CodeOf(files), "TLS-SERVER");
}

TEST_F(TransportTest, ServerWithAnotherNameIsNotTrusted) {
  client::TlsFiles files = pki_.Client("operator");
  files.server_name = "engine.example";
  EXPECT_EQ(CodeOf(files), "TLS-NAME");
  files.server_name = "localhost";
  EXPECT_TRUE(Ask(files).ok());
}

TEST_F(TransportTest, ExpiredCertificateIsRefusedOnBothSides) {
  pki_.Run({"client", "operator", "late"}, "20250101000000Z");
  EXPECT_EQ(CodeOf(pki_.Client("operator-late")), "TLS-EXPIRED") << "before anything is sent";
  const absl::Status judged = [&] {
    std::ifstream in(pki_.Path("operator-late.crt"));
    const std::string pem((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return JudgeClientChain(pem, {pki_.Path("ca.crt"), pki_.Path("crl.pem")});
  }();
  EXPECT_TRUE(absl::IsPermissionDenied(judged)) << judged;
}

TEST_F(TransportTest, RevokedCertificateIsRefusedWithoutARestart) {
  EXPECT_TRUE(Ask(pki_.Client("operator")).ok());
  pki_.Run({"revoke", "operator"});
  EXPECT_EQ(CodeOf(pki_.Client("operator")), "TLS-REFUSED");
  EXPECT_TRUE(Ask(pki_.Client("approver")).ok());
}

TEST_F(TransportTest, RefusedHandshakeIsWrittenDownWithItsReason) {
  pki_.Run({"revoke", "operator"});
  EXPECT_EQ(CodeOf(pki_.Client("operator")), "TLS-REFUSED");
  const std::vector<AuditEntry> refused = Refused();
  ASSERT_FALSE(refused.empty());
  EXPECT_EQ(refused[0].method, "TLS/Handshake");
  EXPECT_EQ(refused[0].code, "UNAUTHENTICATED");
  EXPECT_NE(refused[0].note.find("revoked"), std::string::npos) << refused[0].note;
}

TEST_F(TransportTest, HandshakeThatGrpcEndsIsWrittenDownWithItsReason) {
  // The log follows the alert that the client sees; it is asked again until it has.
  for (int tries = 0; tries < 100 && Refused().empty(); ++tries) EXPECT_FALSE(OpensslConnects("-tls1_2"));
  const std::vector<AuditEntry> refused = Refused();
  ASSERT_FALSE(refused.empty());
  EXPECT_EQ(refused[0].method, "TLS/Handshake");
  EXPECT_EQ(refused[0].note, "no shared cipher");
}

TEST(HandshakeReason, IsFoundInGrpcsLineAndInNoOther) {
  EXPECT_EQ(
      HandshakeReason("Handshake failed with fatal error SSL_ERROR_SSL: error:0A0000C7:SSL routines::peer did not "
                      "return a certificate."),
      "peer did not return a certificate");
  EXPECT_EQ(HandshakeReason("Handshake failed with fatal error SSL_ERROR_SYSCALL"), "unknown");
  EXPECT_EQ(HandshakeReason("No match found for server name: engine.example."), "");
}

TEST_F(TransportTest, WithoutAReadableRevocationListNobodyIsLetIn) {
  std::filesystem::remove(pki_.Path("crl.pem"));
  EXPECT_EQ(CodeOf(pki_.Client("operator")), "TLS-REFUSED");
}

TEST_F(TransportTest, ServersCertificateIsNoClients) { EXPECT_EQ(CodeOf(pki_.Client("server")), "TLS-REFUSED"); }

TEST_F(TransportTest, NewCertificateIsShownWhileAStreamGoesOn) {
  grpc::ClientContext context;
  const auto channel = *client::OpenChannel(server_->address(), pki_.Client("source"));
  const auto stub = v1::IntakeService::NewStub(channel);
  const auto stream = stub->Sync(&context);  // the engine waits for its first message
  ASSERT_TRUE(Ask(pki_.Client("operator")).ok());
  const std::string before = server_certificate_;
  pki_.Run({"server"});
  // The files are looked at every second; each question makes a connection of its own.
  for (int tries = 0; tries < 2'000 && server_certificate_ == before; ++tries) {
    EXPECT_EQ(CodeOf(pki_.Client("operator")), "OK");
  }
  EXPECT_NE(server_certificate_, before);
  stream->Write({});
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << "the engine's own answer";
}

TEST(TransportOptions, WithoutTlsOnlyThisMachineIsServedAndOnlyWhenAskedTo) {
  const auto code = [](const std::string& listen, bool insecure) {
    TransportOptions options;
    options.listen = listen;
    options.insecure_loopback = insecure;
    return MakeTransport(options).status().code();
  };
  EXPECT_EQ(code("unix:/tmp/x", false), absl::StatusCode::kOk);
  EXPECT_EQ(code("127.0.0.1:0", true), absl::StatusCode::kOk);
  EXPECT_EQ(code("[::1]:0", true), absl::StatusCode::kOk);
  EXPECT_EQ(code("127.0.0.1:0", false), absl::StatusCode::kInvalidArgument);
  for (const char* address :
       {"0.0.0.0:0", "[::]:0", "192.0.2.1:7400", "example.invalid:1", "127.0.0.1.example.com:1"}) {
    EXPECT_EQ(code(address, true), absl::StatusCode::kInvalidArgument) << address;
  }
}

TEST(TransportOptions, WrongFilesAreNamedAtTheStart) {
  const DevelopmentPki pki;
  const auto message = [&](auto&& spoil) {
    TransportOptions options = pki.Server();
    spoil(options);
    return std::string(MakeTransport(options).status().message());
  };
  EXPECT_NE(message([&](auto& o) { o.tls_key = ""; }).find("go together"), std::string::npos);
  EXPECT_NE(message([&](auto& o) { o.tls_key = pki.Path("operator.key"); }).find("does not belong"), std::string::npos);
  EXPECT_NE(message([&](auto& o) { o.tls_cert = "/none"; }).find("--tls-cert: cannot read /none"), std::string::npos);
  EXPECT_NE(message([&](auto& o) { o.tls_client_ca = pki.Path("crl.pem"); }).find("no PEM"), std::string::npos);
  EXPECT_NE(message([&](auto& o) { o.tls_crl = pki.Path("ca.crt"); }).find("no PEM list"), std::string::npos);
  EXPECT_NE(message([&](auto& o) { o.insecure_loopback = true; }).find("exclude"), std::string::npos);
}

}  // namespace
}  // namespace sabun
