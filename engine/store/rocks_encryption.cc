#include "engine/store/rocks_encryption.h"

#include <openssl/crypto.h>
#include <rocksdb/env_encryption.h>
#include <rocksdb/file_system.h>

#include <cstring>

#include "engine/base/random.h"
#include "engine/store/ctr_cipher.h"

// The provider that RocksDB brings seeds its initial vectors from the clock, so that pairs of key and vector repeat.
// This one gives every file a random salt, and the file key is derived from it.
namespace sabun {
namespace {

// The head of every file: magic, salt, and a check value that tells a wrong key from a damaged file. A page, so that
// reads stay aligned.
constexpr size_t kPrefixBytes = 4096;
constexpr char kMagic[8] = {'S', 'A', 'B', 'U', 'N', 'F', '0', '1'};
constexpr size_t kCheckBytes = 16;

std::string CheckValue(const std::string& file_key) {
  std::string zeros(kCheckBytes, '\0');
  // The last block of the counter space is never reached by data.
  CtrCipher(file_key).Apply(~uint64_t{0} - 15, zeros.data(), zeros.size());
  return zeros;
}

class FileCipher : public rocksdb::BlockAccessCipherStream {
 public:
  explicit FileCipher(std::string file_key) : cipher_(std::move(file_key)) {}
  size_t BlockSize() override { return 16; }
  rocksdb::Status Encrypt(uint64_t offset, char* data, size_t size) override {
    cipher_.Apply(offset, data, size);
    return rocksdb::Status::OK();
  }
  rocksdb::Status Decrypt(uint64_t offset, char* data, size_t size) override { return Encrypt(offset, data, size); }

 protected:
  // Whole buffers are handled above; RocksDB calls these only from its own Encrypt and Decrypt.
  void AllocateScratch(std::string&) override {}
  rocksdb::Status EncryptBlock(uint64_t, char*, char*) override { return rocksdb::Status::NotSupported(); }
  rocksdb::Status DecryptBlock(uint64_t, char*, char*) override { return rocksdb::Status::NotSupported(); }

 private:
  CtrCipher cipher_;
};

class FileKeyProvider : public rocksdb::EncryptionProvider {
 public:
  explicit FileKeyProvider(absl::string_view key) : key_(key) {}
  const char* Name() const override { return "SabunFileKeys"; }
  size_t GetPrefixLength() const override { return kPrefixBytes; }

  rocksdb::Status CreateNewPrefix(const std::string&, char* prefix, size_t size) const override {
    std::memset(prefix, 0, size);
    const std::string salt = RandomBytes(kFileSaltBytes);
    std::memcpy(prefix, kMagic, sizeof(kMagic));
    std::memcpy(prefix + sizeof(kMagic), salt.data(), salt.size());
    const std::string check = CheckValue(DeriveFileKey(key_.view(), salt));
    std::memcpy(prefix + sizeof(kMagic) + salt.size(), check.data(), check.size());
    return rocksdb::Status::OK();
  }

  rocksdb::Status AddCipher(const std::string&, const char*, size_t, bool) override {
    return rocksdb::Status::NotSupported();
  }

  rocksdb::Status CreateCipherStream(const std::string& name, const rocksdb::EnvOptions&, rocksdb::Slice& prefix,
                                     std::unique_ptr<rocksdb::BlockAccessCipherStream>* result) override {
    if (prefix.size() < sizeof(kMagic) + kFileSaltBytes + kCheckBytes ||
        std::memcmp(prefix.data(), kMagic, sizeof(kMagic)) != 0) {
      return rocksdb::Status::Corruption("not a file of this store, or its head is damaged", name);
    }
    const std::string salt(prefix.data() + sizeof(kMagic), kFileSaltBytes);
    std::string file_key = DeriveFileKey(key_.view(), salt);
    const std::string check = CheckValue(file_key);
    if (CRYPTO_memcmp(check.data(), prefix.data() + sizeof(kMagic) + kFileSaltBytes, kCheckBytes) != 0) {
      return rocksdb::Status::InvalidArgument("the key file is not the one this store was written with");
    }
    *result = std::make_unique<FileCipher>(std::move(file_key));
    return rocksdb::Status::OK();
  }

 private:
  SecretBytes key_;
};

// RocksDB reopens a file that it ingests, to sync it, and its encryption then writes a second head behind the file: the
// store could not be opened again. The bulk writer has synced the file already, so that nothing is lost by refusing.
class FileSystemWithoutReopen : public rocksdb::FileSystemWrapper {
 public:
  using rocksdb::FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "SabunFiles"; }
  rocksdb::IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                       std::unique_ptr<rocksdb::FSWritableFile>*, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> NewEncryptedEnvironment(const std::string& key) {
  return rocksdb::NewCompositeEnv(std::make_shared<FileSystemWithoutReopen>(
      rocksdb::NewEncryptedFS(rocksdb::FileSystem::Default(), std::make_shared<FileKeyProvider>(key))));
}

}  // namespace sabun
