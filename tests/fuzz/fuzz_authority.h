// An authority that signs whatever name a fuzzer thinks of.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_directory.h"

namespace sabun::fuzz {

// Made anew in every process, with a certificate for an engine. Used by one thread.
class FuzzAuthority {
 public:
  // Kind (GEN_URI, GEN_DNS, GEN_EMAIL) and name, of a certificate's alternative names.
  using Names = std::vector<std::pair<int, std::string>>;
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Identity = std::unique_ptr<X509, FreeCertificate>;

  FuzzAuthority();
  ~FuzzAuthority();

  // A client's certificate; all have the same key.
  Identity Sign(const Names& names);
  // A connection that shows it. To be freed by the caller.
  SSL* NewClient(const Identity& identity);
  // ca.crt, server.crt, server.key.
  std::string Path(const std::string& file) const { return directory_.path() + "/" + file; }

 private:
  Identity Make(const Names& names, bool is_authority, bool is_server);

  TempDirectory directory_;
  EVP_PKEY* key_ = nullptr;         // the authority's
  EVP_PKEY* client_key_ = nullptr;  // and the engine's
  SSL_CTX* context_ = nullptr;
};

}  // namespace sabun::fuzz
