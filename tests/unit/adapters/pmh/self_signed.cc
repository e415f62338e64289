#include "tests/unit/adapters/pmh/self_signed.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace sabun {
namespace {

void Must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "OpenSSL: %s\n", what);
  std::abort();
}

void Extend(X509* cert, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  Must(extension != nullptr && X509_add_ext(cert, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

}  // namespace

SelfSigned::SelfSigned(const std::string& folder, const std::string& name)
    : cert_file_(folder + "/" + name + ".crt"), key_file_(folder + "/" + name + ".key") {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
  Must(key != nullptr && cert != nullptr, "new");
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(cert.get(), subject);
  Extend(cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  Extend(cert.get(), NID_subject_alt_name, "IP:127.0.0.1");
  Must(X509_sign(cert.get(), key.get(), EVP_sha256()) > 0, "sign");
  std::FILE* const cert_out = std::fopen(cert_file_.c_str(), "w");
  std::FILE* const key_out = std::fopen(key_file_.c_str(), "w");
  Must(cert_out != nullptr && PEM_write_X509(cert_out, cert.get()) == 1, "certificate file");
  Must(key_out != nullptr && PEM_write_PrivateKey(key_out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "key file");
  std::fclose(cert_out);
  std::fclose(key_out);
}

SelfSigned::~SelfSigned() {
  std::remove(cert_file_.c_str());
  std::remove(key_file_.c_str());
}

}  // namespace sabun
