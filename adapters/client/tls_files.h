// The files of mutual TLS on the client's side, and what can be wrong with them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sabun::client {

// Paths, never contents: PEM files.
struct TlsFiles {
  std::string ca;           // the authorities that sign the engine's certificate
  std::string cert;         // who this client is, with the chain
  std::string key;          // the key of `cert`
  std::string server_name;  // the name the engine's certificate must have; empty: the host of the address

  bool None() const { return ca.empty() && cert.empty() && key.empty(); }
};

// `flags` with what they leave open: $SABUN_TLS_CA, $SABUN_TLS_CERT and $SABUN_TLS_KEY, else the files tls-ca.pem,
// tls-cert.pem and tls-key.pem in $CREDENTIALS_DIRECTORY (systemd), where they exist.
TlsFiles ResolveTlsFiles(TlsFiles flags);

// Whether a connection can be tried with them, at the time `now`. Errors, all with texts in both languages: TLS-NEEDED
// (none given), TLS-INCOMPLETE, TLS-FILE (a file cannot be read or is no PEM), TLS-KEY (the key does not belong to the
// certificate), TLS-EXPIRED.
absl::Status CheckTlsFiles(const TlsFiles& files, absl::Time now);

// What a failed connection means, judged by gRPC's words about it: an error with texts in both languages, or `status`
// itself when it is not about TLS. TLS-SERVER (the engine's certificate is not trusted), TLS-NAME (it is another
// machine's), TLS-REFUSED (the engine closed the connection while TLS began: it does not take this client's
// certificate, or speaks no TLS).
absl::Status ExplainTlsFailure(const absl::Status& status, const TlsFiles& files);

}  // namespace sabun::client
