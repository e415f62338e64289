#include "tests/fuzz/fuzz_authority.h"

#include <openssl/pem.h>

#include <cstdio>

#include "tests/fuzz/fuzz_input.h"

namespace sabun::fuzz {
namespace {

void AddExtension(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "an extension is added");
  X509_EXTENSION_free(extension);
}

void AddNames(X509* certificate, const FuzzAuthority::Names& names) {
  GENERAL_NAMES* const list = GENERAL_NAMES_new();
  for (const auto& [kind, text] : names) {
    GENERAL_NAME* const name = GENERAL_NAME_new();
    ASN1_IA5STRING* const bytes = ASN1_IA5STRING_new();
    ASN1_STRING_set(bytes, text.data(), static_cast<int>(text.size()));
    GENERAL_NAME_set0_value(name, kind, bytes);
    sk_GENERAL_NAME_push(list, name);
  }
  Require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, 0) == 1, "names are added");
  GENERAL_NAMES_free(list);
}

template <typename Write>
void WriteFile(const std::string& path, const Write& write) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  Require(file != nullptr && write(file) == 1 && std::fclose(file) == 0, "a file is written");
}

}  // namespace

FuzzAuthority::FuzzAuthority()
    : key_(EVP_EC_gen("P-256")), client_key_(EVP_EC_gen("P-256")), context_(SSL_CTX_new(TLS_client_method())) {
  const Identity own = Make({}, true, false), engine = Make({{GEN_DNS, "localhost"}}, false, true);
  WriteFile(Path("ca.crt"), [&](std::FILE* file) { return PEM_write_X509(file, own.get()); });
  WriteFile(Path("server.crt"), [&](std::FILE* file) { return PEM_write_X509(file, engine.get()); });
  WriteFile(Path("server.key"), [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, client_key_, nullptr, nullptr, 0, nullptr, nullptr);
  });
  const unsigned char kHttp2[] = {2, 'h', '2'};
  Require(SSL_CTX_set_alpn_protos(context_, kHttp2, sizeof(kHttp2)) == 0, "HTTP/2 is offered");
  // Each connection shows another certificate: none may go on where another one was.
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
}

FuzzAuthority::~FuzzAuthority() {
  SSL_CTX_free(context_);
  EVP_PKEY_free(client_key_);
  EVP_PKEY_free(key_);
}

FuzzAuthority::Identity FuzzAuthority::Make(const Names& names, bool is_authority, bool is_server) {
  Identity certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), is_authority ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
  X509_set_pubkey(certificate.get(), is_authority ? key_ : client_key_);
  const auto name = [](X509_NAME* out, const char* text) {
    X509_NAME_add_entry_by_txt(out, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
  };
  name(X509_get_subject_name(certificate.get()), is_authority ? "authority" : "somebody");
  X509_NAME* const issuer = X509_NAME_new();
  name(issuer, "authority");
  X509_set_issuer_name(certificate.get(), issuer);
  X509_NAME_free(issuer);
  AddExtension(certificate.get(), NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!is_authority) AddExtension(certificate.get(), NID_ext_key_usage, is_server ? "serverAuth" : "clientAuth");
  if (!names.empty()) AddNames(certificate.get(), names);
  Require(X509_sign(certificate.get(), key_, EVP_sha256()) > 0, "a certificate is signed");
  return certificate;
}

FuzzAuthority::Identity FuzzAuthority::Sign(const Names& names) { return Make(names, false, false); }

SSL* FuzzAuthority::NewClient(const Identity& identity) {
  SSL* const ssl = SSL_new(context_);
  Require(SSL_use_certificate(ssl, identity.get()) == 1 && SSL_use_PrivateKey(ssl, client_key_) == 1,
          "a certificate is shown");
  return ssl;
}

}  // namespace sabun::fuzz
