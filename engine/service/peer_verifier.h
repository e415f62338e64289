// Judges the certificate that a client shows, beyond what gRPC does: revocation lists that may change at any time.
#pragma once

#include <grpcpp/security/tls_certificate_verifier.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sabun {

// Which authority signs clients, and which of them it has taken back.
struct ClientTrust {
  std::string ca_file;   // PEM, one or more authorities
  std::string crl_file;  // PEM, one or more lists; empty: no lists are used
};

// PERMISSION_DENIED with OpenSSL's reason when `pem_chain` (the client's certificate first) is not signed by one of the
// authorities, is expired, is not meant for clients, or is on a list. Both files are read anew, so that what was put
// there a moment ago counts. With a list file: the list of every authority in the chain must be there, readable and not
// expired, else every client is refused. Errors: FAILED_PRECONDITION (a file cannot be read or used).
absl::Status JudgeClientChain(absl::string_view pem_chain, const ClientTrust& trust);

// JudgeClientChain for gRPC, once in every handshake. `on_refused` is told the reason and must not block.
std::shared_ptr<grpc::experimental::CertificateVerifier> MakePeerVerifier(
    ClientTrust trust, std::function<void(const absl::Status&)> on_refused);

}  // namespace sabun
