#include "engine/service/peer_verifier.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

struct Free {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(X509_STORE* x) const { X509_STORE_free(x); }
  void operator()(X509_STORE_CTX* x) const { X509_STORE_CTX_free(x); }
  void operator()(BIO* x) const { BIO_free_all(x); }
  void operator()(STACK_OF(X509) * x) const { sk_X509_pop_free(x, X509_free); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// The lists are looked for in the same file as any other PEM object; without one, nothing can be judged.
absl::Status LoadTrust(const ClientTrust& trust, X509_STORE* store) {
  if (X509_STORE_load_file(store, trust.ca_file.c_str()) != 1) {
    return absl::FailedPreconditionError(absl::StrCat("cannot use the client authority file ", trust.ca_file));
  }
  if (trust.crl_file.empty()) return absl::OkStatus();
  X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_load_crl_file(lookup, trust.crl_file.c_str(), X509_FILETYPE_PEM) < 1) {
    return absl::FailedPreconditionError(absl::StrCat("cannot use the revocation list ", trust.crl_file));
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return absl::OkStatus();
}

class PeerVerifier : public grpc::experimental::ExternalCertificateVerifier {
 public:
  PeerVerifier(ClientTrust trust, std::function<void(const absl::Status&)> on_refused)
      : trust_(std::move(trust)), on_refused_(std::move(on_refused)) {}

  // Answers at once; the callback is for those that do not.
  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    // On a server OpenSSL leaves the client's own certificate out of the chain.
    const grpc::string_ref own = request->peer_cert(), between = request->peer_cert_full_chain();
    const std::string chain = absl::StrCat(absl::string_view(own.data(), own.size()), "\n",
                                           absl::string_view(between.data(), between.size()));
    const absl::Status status = JudgeClientChain(chain, trust_);
    if (status.ok()) return true;
    on_refused_(status);
    *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(status.message()));
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  const ClientTrust trust_;
  const std::function<void(const absl::Status&)> on_refused_;
};

}  // namespace

absl::Status JudgeClientChain(absl::string_view pem_chain, const ClientTrust& trust) {
  const Owned<BIO> bytes(BIO_new_mem_buf(pem_chain.data(), static_cast<int>(pem_chain.size())));
  const Owned<X509> client(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr));
  if (client == nullptr) return absl::PermissionDeniedError("the client's certificate cannot be read");
  const Owned<STACK_OF(X509)> between(sk_X509_new_null());
  while (X509* const next = PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)) {
    sk_X509_push(between.get(), next);
  }
  const Owned<X509_STORE> store(X509_STORE_new());
  RETURN_IF_ERROR(LoadTrust(trust, store.get()));
  X509_STORE_set_purpose(store.get(), X509_PURPOSE_SSL_CLIENT);
  const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), client.get(), between.get()) != 1) {
    return absl::InternalError("OpenSSL cannot begin to verify");
  }
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "the client's certificate is refused: ", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
}

std::shared_ptr<grpc::experimental::CertificateVerifier> MakePeerVerifier(
    ClientTrust trust, std::function<void(const absl::Status&)> on_refused) {
  return grpc::experimental::ExternalCertificateVerifier::Create<PeerVerifier>(std::move(trust), std::move(on_refused));
}

}  // namespace sabun
