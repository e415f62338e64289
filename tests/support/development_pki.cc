#include "tests/support/development_pki.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sabun {

DevelopmentPki::DevelopmentPki() { Run({}); }

void DevelopmentPki::Run(const std::vector<std::string>& words, const std::string& ended) {
  std::string command = absl::StrCat("SABUN_PKI_ENDED=", ended, " ", SABUN_SOURCE_DIR,
                                     "/deploy/pki/make-development-pki.sh ", directory_.path());
  for (const std::string& word : words) absl::StrAppend(&command, " ", word);
  SABUN_CHECK(std::system(absl::StrCat(command, " >/dev/null").c_str()) == 0);
}

client::TlsFiles DevelopmentPki::Client(const std::string& name) const {
  client::TlsFiles files;
  files.ca = Path("ca.crt");
  files.cert = Path(name + ".crt");
  files.key = Path(name + ".key");
  return files;
}

TransportOptions DevelopmentPki::Server() const {
  TransportOptions options;
  options.listen = "127.0.0.1:0";
  options.tls_cert = Path("server.crt");
  options.tls_key = Path("server.key");
  options.tls_client_ca = Path("ca.crt");
  options.tls_crl = Path("crl.pem");
  options.reload_seconds = 1;
  return options;
}

}  // namespace sabun
