// Certificates for tests, made by deploy/pki/make-development-pki.sh itself.
#pragma once

#include <string>
#include <vector>

#include "adapters/client/tls_files.h"
#include "engine/service/transport.h"
#include "tests/support/temp_directory.h"

namespace sabun {

// One authority with a certificate for the engine and one for each role of "mihon-city". Ends the test program when
// openssl fails.
class DevelopmentPki {
 public:
  DevelopmentPki();

  // The script's other verbs: {"client", "operator", "suzuki"}, {"server"}, {"revoke", "operator"}. `ended`: the
  // certificate's end, as YYYYMMDDHHMMSSZ; empty for one that is valid.
  void Run(const std::vector<std::string>& words, const std::string& ended = "");
  // What a client shows; `name` is "operator" or "operator-suzuki".
  client::TlsFiles Client(const std::string& name) const;
  // What the engine listens with, on a free port.
  TransportOptions Server() const;
  std::string Path(const std::string& file) const { return directory_.path() + "/" + file; }

 private:
  TempDirectory directory_;
};

}  // namespace sabun
