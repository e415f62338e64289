#include "engine/store/rocks_file_code.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/store/rocks_files.h"

namespace sabun {
namespace {

// What the manifest calls it; another construction gets another name.
constexpr const char* kName = "SabunFileCode1";
constexpr size_t kReadBytes = 1 << 20;

class FileCode : public rocksdb::FileChecksumGenerator {
 public:
  explicit FileCode(EVP_MAC_CTX* keyed) : context_(EVP_MAC_CTX_dup(keyed)) { SABUN_CHECK(context_ != nullptr); }
  ~FileCode() override { EVP_MAC_CTX_free(context_); }
  FileCode(const FileCode&) = delete;
  FileCode& operator=(const FileCode&) = delete;

  void Update(const char* data, size_t size) override {
    SABUN_CHECK(EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(data), size) == 1);
  }
  void Finalize() override {
    size_t size = 0;
    code_.resize(EVP_MAX_MD_SIZE);
    SABUN_CHECK(EVP_MAC_final(context_, reinterpret_cast<unsigned char*>(code_.data()), &size, code_.size()) == 1);
    code_.resize(size);
  }
  std::string GetChecksum() const override { return code_; }
  const char* Name() const override { return kName; }

 private:
  EVP_MAC_CTX* const context_;
  std::string code_;
};

class FileCodes : public rocksdb::FileChecksumGenFactory {
 public:
  explicit FileCodes(const SecretBytes& key) {
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    SABUN_CHECK(mac != nullptr);
    keyed_ = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    SABUN_CHECK(
        EVP_MAC_init(keyed_, reinterpret_cast<const unsigned char*>(key.view().data()), key.size(), parameters) == 1);
  }
  ~FileCodes() override { EVP_MAC_CTX_free(keyed_); }
  const char* Name() const override { return kName; }
  // Thread safe: copies of the keyed context are made, and it stays.
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext& context) override {
    const std::string& wanted = context.requested_checksum_func_name;
    if (!wanted.empty() && wanted != kName) return nullptr;
    return std::make_unique<FileCode>(keyed_);
  }

 private:
  EVP_MAC_CTX* keyed_ = nullptr;
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> NewFileCodes(const SecretBytes& key) {
  return std::make_shared<FileCodes>(key);
}

bool HasFileCode(const rocksdb::LiveFileMetaData& file) { return file.file_checksum_func_name == kName; }

absl::Status VerifyFileCode(const CodedFile& coded, Pace* pace) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  RETURN_IF_ERROR(RocksStatus(
      coded.env->NewSequentialFile(coded.file.db_path + coded.file.name, &file, rocksdb::EnvOptions()), "verify"));
  const auto code = coded.codes->CreateFileChecksumGenerator({});
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
