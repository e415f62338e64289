#include "engine/store/rocks_file_code.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/rocks_files.h"

namespace sabun {
namespace {

// What the manifest calls them; another construction gets another name.
constexpr const char* kName = "SabunFileCode2";
constexpr const char* kFirstName = "SabunFileCode1";
constexpr size_t kNonceBytes = 12, kTagBytes = 16;
constexpr size_t kReadBytes = 1 << 20;

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// AES-256-GCM of nothing but bytes that it vouches for, which is GMAC. Ten times as fast as HMAC-SHA-256.
class FileCode : public rocksdb::FileChecksumGenerator {
 public:
  FileCode(const SecretBytes& key, std::string nonce) : context_(EVP_CIPHER_CTX_new()), code_(std::move(nonce)) {
    SABUN_CHECK(key.size() == 32 && code_.size() == kNonceBytes);
    SABUN_CHECK(EVP_EncryptInit_ex(context_, EVP_aes_256_gcm(), nullptr, Bytes(key.view()), Bytes(code_)) == 1);
  }
  ~FileCode() override { EVP_CIPHER_CTX_free(context_); }
  FileCode(const FileCode&) = delete;
  FileCode& operator=(const FileCode&) = delete;

  void Update(const char* data, size_t size) override {
    for (int done = 0; size > 0; data += done, size -= done) {
      done = static_cast<int>(std::min<size_t>(size, kReadBytes));
      int none = 0;
      SABUN_CHECK(EVP_EncryptUpdate(context_, nullptr, &none, Bytes({data, size}), done) == 1);
    }
  }
  void Finalize() override {
    int none = 0;
    unsigned char nothing[kTagBytes];
    SABUN_CHECK(EVP_EncryptFinal_ex(context_, nothing, &none) == 1);
    code_.resize(kNonceBytes + kTagBytes);
    SABUN_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_GCM_GET_TAG, kTagBytes, code_.data() + kNonceBytes) == 1);
  }
  std::string GetChecksum() const override { return code_; }
  const char* Name() const override { return kName; }

 private:
  EVP_CIPHER_CTX* const context_;
  std::string code_;  // begins with the nonce
};

// The code of files that older versions wrote: HMAC-SHA-256.
class FirstFileCode : public rocksdb::FileChecksumGenerator {
 public:
  explicit FirstFileCode(const SecretBytes& key) {
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    SABUN_CHECK(mac != nullptr);
    context_ = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    SABUN_CHECK(EVP_MAC_init(context_, Bytes(key.view()), key.size(), parameters) == 1);
  }
  ~FirstFileCode() override { EVP_MAC_CTX_free(context_); }
  FirstFileCode(const FirstFileCode&) = delete;
  FirstFileCode& operator=(const FirstFileCode&) = delete;

  void Update(const char* data, size_t size) override {
    SABUN_CHECK(EVP_MAC_update(context_, Bytes({data, size}), size) == 1);
  }
  void Finalize() override {
    size_t size = 0;
    code_.resize(EVP_MAX_MD_SIZE);
    SABUN_CHECK(EVP_MAC_final(context_, reinterpret_cast<unsigned char*>(code_.data()), &size, code_.size()) == 1);
    code_.resize(size);
  }
  std::string GetChecksum() const override { return code_; }
  const char* Name() const override { return kFirstName; }

 private:
  EVP_MAC_CTX* context_ = nullptr;
  std::string code_;
};

// Thread safe.
class FileCodes : public rocksdb::FileChecksumGenFactory {
 public:
  explicit FileCodes(const SecretBytes& key)
      : key_(DeriveKey(key.view(), "", "sabun file code 2")),
        first_key_(DeriveKey(key.view(), "", "sabun file code 1")) {}
  const char* Name() const override { return kName; }
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext& context) override {
    const std::string& wanted = context.requested_checksum_func_name;
    if (wanted == kFirstName) return std::make_unique<FirstFileCode>(first_key_);
    if (!wanted.empty() && wanted != kName) return nullptr;
    return std::make_unique<FileCode>(key_, RandomBytes(kNonceBytes));
  }
  // Makes the code of a file that has one again; null when its code cannot be one.
  std::unique_ptr<rocksdb::FileChecksumGenerator> Again(const rocksdb::LiveFileMetaData& file) const {
    if (file.file_checksum_func_name == kFirstName) return std::make_unique<FirstFileCode>(first_key_);
    if (file.file_checksum.size() != kNonceBytes + kTagBytes) return nullptr;
    return std::make_unique<FileCode>(key_, file.file_checksum.substr(0, kNonceBytes));
  }

 private:
  const SecretBytes key_, first_key_;
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> NewFileCodes(const SecretBytes& key) {
  return std::make_shared<FileCodes>(key);
}

bool HasFileCode(const rocksdb::LiveFileMetaData& file) {
  return file.file_checksum_func_name == kName || file.file_checksum_func_name == kFirstName;
}

absl::Status VerifyFileCode(const CodedFile& coded, Pace* pace) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  RETURN_IF_ERROR(RocksStatus(
      coded.env->NewSequentialFile(coded.file.db_path + coded.file.name, &file, rocksdb::EnvOptions()), "verify"));
  const auto code = static_cast<const FileCodes*>(coded.codes)->Again(coded.file);
  if (code == nullptr) return absl::DataLossError("store: verify: a file's code is damaged");
  std::string piece(kReadBytes, '\0');
  for (;;) {
    rocksdb::Slice got;
    RETURN_IF_ERROR(RocksStatus(file->Read(piece.size(), &got, piece.data()), "verify"));
    if (got.empty()) break;
    code->Update(got.data(), got.size());
    RETURN_IF_ERROR(pace->Spend(got.size()));
  }
  code->Finalize();
  const std::string found = code->GetChecksum(), &known = coded.file.file_checksum;
  const bool same = found.size() == known.size() && CRYPTO_memcmp(found.data(), known.data(), known.size()) == 0;
  return same ? absl::OkStatus() : absl::DataLossError("store: verify: a file is not the one that was written");
}

}  // namespace sabun
