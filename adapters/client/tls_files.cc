#include "adapters/client/tls_files.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/status_macros.h"

namespace sabun::client {
namespace {

struct Free {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, Free>;

absl::Status FileError(const std::string& path) {
  return LocalizedError(
      absl::StatusCode::kFailedPrecondition,
      {"TLS-FILE",
       absl::StrCat("TLSのファイルを読めないか、PEM形式ではありません: ", path,
                    "\n  パスと読み取り権限を確かめてください。"),
       absl::StrCat("a TLS file cannot be read, or is no PEM: ", path, "\n  Check the path and who may read it.")});
}

absl::StatusOr<Certificate> ReadCertificate(const std::string& path) {
  const std::unique_ptr<std::FILE, Free> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return FileError(path);
  Certificate certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return FileError(path);
  return certificate;
}

void TakeFrom(const char* variable, const char* credential, std::string* path) {
  if (!path->empty()) return;
  const char* const value = std::getenv(variable);
  if (value != nullptr && *value != '\0') {
    *path = value;
    return;
  }
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0') return;
  const std::string file = absl::StrCat(directory, "/", credential);
  if (::access(file.c_str(), F_OK) == 0) *path = file;
}

absl::Status CheckGiven(const TlsFiles& files) {
  if (files.None()) {
    return LocalizedError(
        absl::StatusCode::kFailedPrecondition,
        {"TLS-NEEDED",
         "ほかの計算機のエンジンにはTLSでしか接続できません。\n"
         "  --tls-ca、--tls-cert、--tls-key を指定してください(環境変数 SABUN_TLS_CA、SABUN_TLS_CERT、SABUN_TLS_KEY)。",
         "an engine on another machine is reached with TLS only.\n"
         "  Give --tls-ca, --tls-cert and --tls-key ($SABUN_TLS_CA, $SABUN_TLS_CERT, $SABUN_TLS_KEY)."});
  }
  if (!files.ca.empty() && !files.cert.empty() && !files.key.empty()) return absl::OkStatus();
  return LocalizedError(absl::StatusCode::kFailedPrecondition,
                        {"TLS-INCOMPLETE", "TLSには --tls-ca、--tls-cert、--tls-key の3つすべてが必要です。",
                         "TLS needs all three of --tls-ca, --tls-cert and --tls-key."});
}

}  // namespace

TlsFiles ResolveTlsFiles(TlsFiles flags) {
  TakeFrom("SABUN_TLS_CA", "tls-ca.pem", &flags.ca);
  TakeFrom("SABUN_TLS_CERT", "tls-cert.pem", &flags.cert);
  TakeFrom("SABUN_TLS_KEY", "tls-key.pem", &flags.key);
  return flags;
}

absl::Status CheckTlsFiles(const TlsFiles& files, absl::Time now) {
  RETURN_IF_ERROR(CheckGiven(files));
  RETURN_IF_ERROR(ReadCertificate(files.ca).status());
  ASSIGN_OR_RETURN(const Certificate certificate, ReadCertificate(files.cert));
  const std::unique_ptr<std::FILE, Free> key_file(std::fopen(files.key.c_str(), "re"));
  if (key_file == nullptr) return FileError(files.key);
  const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_PrivateKey(key_file.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return FileError(files.key);
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return LocalizedError(
        absl::StatusCode::kFailedPrecondition,
        {"TLS-KEY", absl::StrCat("鍵 ", files.key, " は証明書 ", files.cert, " のものではありません。"),
         absl::StrCat("the key ", files.key, " does not belong to the certificate ", files.cert)});
  }
  std::time_t seconds = absl::ToTimeT(now);
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &seconds) < 0) {
    return LocalizedError(absl::StatusCode::kFailedPrecondition,
                          {"TLS-EXPIRED",
                           absl::StrCat("証明書の有効期限が切れています: ", files.cert,
                                        "\n  新しい証明書の発行を受けて置き換えてください。"),
                           absl::StrCat("the certificate is expired: ", files.cert, "\n  Put a new one there.")});
  }
  return absl::OkStatus();
}

absl::Status ExplainTlsFailure(const absl::Status& status, const TlsFiles& files) {
  if (files.None() || !absl::IsUnavailable(status)) return status;
  const std::string words = absl::AsciiStrToLower(status.message());
  if (absl::StrContains(words, "hostname verification")) {
    return LocalizedError(status.code(),
                          {"TLS-NAME",
                           absl::StrCat("エンジンの証明書は、この宛先の名前のものではありません。\n"
                                        "  宛先を証明書の名前にするか、--tls-server-name で名前を指定してください。"),
                           "the engine's certificate does not have this address's name.\n"
                           "  Use the name in the certificate, or give it with --tls-server-name."});
  }
  if (absl::StrContains(words, "certificate verify failed")) {
    return LocalizedError(
        status.code(),
        {"TLS-SERVER",
         absl::StrCat("エンジンの証明書を信頼できません(発行者が ", files.ca, " にないか、期限切れです)。"),
         absl::StrCat("the engine's certificate is not trusted: not signed by ", files.ca, ", or expired.")});
  }
  if (absl::StrContains(words, "refused") && !absl::StrContains(words, "handshake")) return status;
  return LocalizedError(
      status.code(),
      {"TLS-REFUSED",
       absl::StrCat(
           "エンジンがTLSの開始時に接続を閉じました。\n  この証明書(", files.cert,
           ")が失効・期限切れでないか、発行者がエンジンに登録されているか、宛先がTLSの口かを確かめてください。\n"
           "  理由は sabund の記録(ログ)にあります。詳細: ",
           status.message()),
       absl::StrCat("the engine closed the connection while TLS began.\n  Is this certificate (", files.cert,
                    ") revoked or expired, does the engine know its issuer, does the address speak TLS?\n"
                    "  The log of sabund has the reason. Details: ",
                    status.message())});
}

}  // namespace sabun::client
