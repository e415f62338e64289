#include "engine/service/transport.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/service/peer_verifier.h"
#include "spdlog/spdlog.h"

namespace sabun {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

absl::StatusOr<std::unique_ptr<std::FILE, CloseFile>> OpenPem(const char* option, const std::string& path) {
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return absl::FailedPreconditionError(absl::StrCat(option, ": cannot read ", path));
  return file;
}

absl::StatusOr<std::unique_ptr<X509, FreeKey>> ReadCertificate(const char* option, const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, OpenPem(option, path));
  std::unique_ptr<X509, FreeKey> certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr)
    return absl::FailedPreconditionError(absl::StrCat(option, ": no PEM certificate in ", path));
  return certificate;
}

// What gRPC would only say at the first connection, and then to nobody in particular.
absl::Status CheckFiles(const TransportOptions& options) {
  ASSIGN_OR_RETURN(const auto certificate, ReadCertificate("--tls-cert", options.tls_cert));
  ASSIGN_OR_RETURN(const auto key_file, OpenPem("--tls-key", options.tls_key));
  const std::unique_ptr<EVP_PKEY, FreeKey> key(PEM_read_PrivateKey(key_file.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return absl::FailedPreconditionError(absl::StrCat("--tls-key: no PEM key in ", options.tls_key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("the key ", options.tls_key, " does not belong to the certificate ", options.tls_cert));
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("--tls-cert: ", options.tls_cert, " is expired; put a new certificate there"));
  }
  RETURN_IF_ERROR(ReadCertificate("--tls-client-ca", options.tls_client_ca).status());
  if (options.tls_crl.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto crl_file, OpenPem("--tls-crl", options.tls_crl));
  X509_CRL* const crl = PEM_read_X509_CRL(crl_file.get(), nullptr, nullptr, nullptr);
  X509_CRL_free(crl);
  if (crl == nullptr) return absl::FailedPreconditionError(absl::StrCat("--tls-crl: no PEM list in ", options.tls_crl));
  return absl::OkStatus();
}

// gRPC 1.51 offers no smallest version. Its list of cipher suites is that of TLS 1.2; the only suite left in it needs a
// shared secret that nobody has, so that a handshake of TLS 1.2 finds none. Those of TLS 1.3 are another list.
void AllowOnlyTls13() { SABUN_CHECK(setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", /*overwrite=*/1) == 0); }

absl::StatusOr<Transport> MakeTls(const TransportOptions& options) {
  if (options.tls_cert.empty() || options.tls_key.empty() || options.tls_client_ca.empty()) {
    return absl::InvalidArgumentError("--tls-cert, --tls-key and --tls-client-ca go together");
  }
  RETURN_IF_ERROR(CheckFiles(options));
  AllowOnlyTls13();
  namespace tls = grpc::experimental;
  tls::TlsServerCredentialsOptions credentials(std::make_shared<tls::FileWatcherCertificateProvider>(
      options.tls_key, options.tls_cert, options.tls_client_ca, options.reload_seconds));
  credentials.watch_root_certs();
  credentials.watch_identity_key_cert_pairs();
  credentials.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  credentials.set_certificate_verifier(
      MakePeerVerifier({options.tls_client_ca, options.tls_crl}, [told = options.on_refused](const absl::Status& why) {
        spdlog::warn("TLS: a connection was refused: {}", std::string(why.message()));
        if (told) told(why);
      }));
  Transport transport;
  transport.kind = TransportKind::kTls;
  transport.credentials = tls::TlsServerCredentials(credentials);
  return transport;
}

// It is written into every entry of the audit log about the caller.
constexpr size_t kMaxIdentityBytes = 2'048;

bool IsLoopback(absl::string_view address) {
  return absl::StartsWith(address, "127.0.0.1:") || absl::StartsWith(address, "[::1]:");
}

}  // namespace

absl::StatusOr<Transport> MakeTransport(const TransportOptions& options) {
  const bool any_tls = !options.tls_cert.empty() || !options.tls_key.empty() || !options.tls_client_ca.empty() ||
                       !options.tls_crl.empty();
  if (absl::StartsWith(options.listen, "unix:")) {
    if (any_tls) return absl::InvalidArgumentError("a unix socket has no TLS: leave the --tls options out");
    return Transport{TransportKind::kUnixSocket, grpc::InsecureServerCredentials()};
  }
  if (any_tls && options.insecure_loopback) {
    return absl::InvalidArgumentError("--insecure-loopback and the --tls options exclude each other");
  }
  if (any_tls) return MakeTls(options);
  if (options.insecure_loopback && IsLoopback(options.listen)) {
    return Transport{TransportKind::kInsecureLoopback, grpc::InsecureServerCredentials()};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("cannot listen on ", options.listen, " without TLS: give --tls-cert, --tls-key and --tls-client-ca",
                   " (deploy/pki makes them), or listen on unix:PATH; for development on this machine alone ",
                   "--insecure-loopback allows 127.0.0.1:PORT and [::1]:PORT"));
}

std::string PeerIdentity(const grpc::ServerContext& context, TransportKind kind) {
  if (kind == TransportKind::kInsecureLoopback) return "insecure-loopback";
  if (kind == TransportKind::kUnixSocket) return absl::StrCat("uid:", geteuid());
  const auto peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> names = peer->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
  if (names.size() != 1 || names[0].size() > kMaxIdentityBytes) return "";
  return std::string(names[0].data(), names[0].size());
}

}  // namespace sabun
