// A certificate for 127.0.0.1 that is its own authority, for tests of TLS.
#pragma once

#include <string>

namespace sabun {

// PEM files of one fresh pair, removed with the object. Ends the test program when OpenSSL fails.
class SelfSigned {
 public:
  // `folder` must exist; `name` keeps pairs apart.
  SelfSigned(const std::string& folder, const std::string& name);
  ~SelfSigned();
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  const std::string& cert_file() const { return cert_file_; }
  const std::string& key_file() const { return key_file_; }

 private:
  const std::string cert_file_;
  const std::string key_file_;
};

}  // namespace sabun
