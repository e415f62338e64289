#include "engine/store/rocks_encryption.h"

#include <rocksdb/env_encryption.h>
#include <rocksdb/file_system.h>

#include <cstring>

#include "absl/strings/match.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/file_head.h"
#include "engine/store/rocks_files.h"

// The provider that RocksDB brings seeds its initial vectors from the clock, so that pairs of key and vector repeat.
// This one gives every file a random salt, and the file key is derived from it.
namespace sabun {
namespace {

class FileCipher : public rocksdb::BlockAccessCipherStream {
 public:
  explicit FileCipher(SecretBytes file_key) : cipher_(std::move(file_key)) {}
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
  explicit FileKeyProvider(std::shared_ptr<const KeyRing> keys) : keys_(std::move(keys)) {}
  const char* Name() const override { return "SabunFileKeys"; }
  size_t GetPrefixLength() const override { return kFileHeadBytes; }

  rocksdb::Status CreateNewPrefix(const std::string& path, char* prefix, size_t size) const override {
    std::memset(prefix, 0, size);
    const std::string head = NewFileHead(*keys_, path);
    std::memcpy(prefix, head.data(), head.size());
    return rocksdb::Status::OK();
  }

  rocksdb::Status AddCipher(const std::string&, const char*, size_t, bool) override {
    return rocksdb::Status::NotSupported();
  }

  rocksdb::Status CreateCipherStream(const std::string& name, const rocksdb::EnvOptions&, rocksdb::Slice& prefix,
                                     std::unique_ptr<rocksdb::BlockAccessCipherStream>* result) override {
    absl::StatusOr<SecretBytes> file_key = OpenFileHead(*keys_, name, ToView(prefix));
    if (!file_key.ok()) {
      const std::string why(file_key.status().message());
      return absl::IsDataLoss(file_key.status()) ? rocksdb::Status::Corruption(why)
                                                 : rocksdb::Status::InvalidArgument(why);
    }
    *result = std::make_unique<FileCipher>(*std::move(file_key));
    return rocksdb::Status::OK();
  }

 private:
  const std::shared_ptr<const KeyRing> keys_;
};

// A file without a sound head holds nothing that was ever synced: a power loss can leave it.
class EmptyFile : public rocksdb::FSSequentialFile {
 public:
  rocksdb::IOStatus Read(size_t, const rocksdb::IOOptions&, rocksdb::Slice* result, char*,
                         rocksdb::IODebugContext*) override {
    *result = rocksdb::Slice();
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Skip(uint64_t) override { return rocksdb::IOStatus::OK(); }
};

// What RocksDB's encrypted files are not ready for.
class FilesAsTheyAre : public rocksdb::FileSystemWrapper {
 public:
  FilesAsTheyAre(const std::shared_ptr<rocksdb::FileSystem>& encrypted, std::shared_ptr<rocksdb::FileSystem> below)
      : FileSystemWrapper(encrypted), below_(std::move(below)) {}
  const char* Name() const override { return "SabunFiles"; }

  // RocksDB reopens a file that it ingests, to sync it, and its encryption then writes a second head behind the file:
  // the store could not be opened again. The bulk writer has synced the file already, so that nothing is lost by
  // refusing.
  rocksdb::IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                       std::unique_ptr<rocksdb::FSWritableFile>*, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }

  // The encryption ends the process when a file is shorter than its head.
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options, uint64_t* size,
                                rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = below_->GetFileSize(path, options, size, debug);
    if (!status.ok()) return status;
    bool is_unwritten = false;
    status = IsUnwritten(path, *size, &is_unwritten);
    *size = is_unwritten ? 0 : *size - kFileHeadBytes;
    return status;
  }
  rocksdb::IOStatus GetChildrenFileAttributes(const std::string& folder, const rocksdb::IOOptions& options,
                                              std::vector<rocksdb::FileAttributes>* files,
                                              rocksdb::IODebugContext* debug) override {
    return FileSystem::GetChildrenFileAttributes(folder, options, files, debug);  // by GetFileSize
  }
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override {
    uint64_t size = 0;
    bool is_unwritten = false;
    rocksdb::IOStatus status = below_->GetFileSize(path, {}, &size, debug);
    if (status.ok()) status = IsUnwritten(path, size, &is_unwritten);
    if (!status.ok()) return status;
    if (!is_unwritten) return target()->NewSequentialFile(path, options, file, debug);
    *file = std::make_unique<EmptyFile>();
    return rocksdb::IOStatus::OK();
  }

 private:
  // Shorter than its head; or, for a log, with a head that never reached the disk though later blocks did. What is
  // damaged in another way is not taken for empty.
  rocksdb::IOStatus IsUnwritten(const std::string& path, uint64_t size, bool* is_unwritten) {
    *is_unwritten = size < kFileHeadBytes;
    if (*is_unwritten || !absl::EndsWith(path, ".log")) return rocksdb::IOStatus::OK();
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    rocksdb::IOStatus status = below_->NewSequentialFile(path, {}, &file, nullptr);
    char head[kFileHeadCheckedBytes];
    rocksdb::Slice got;
    if (status.ok()) status = file->Read(sizeof(head), {}, &got, head, nullptr);
    if (status.ok()) *is_unwritten = got == rocksdb::Slice(std::string(sizeof(head), '\0'));
    return status;
  }

  const std::shared_ptr<rocksdb::FileSystem> below_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> NewEncryptedEnvironment(std::shared_ptr<const KeyRing> keys,
                                                      const std::shared_ptr<rocksdb::FileSystem>& files) {
  return rocksdb::NewCompositeEnv(std::make_shared<FilesAsTheyAre>(
      rocksdb::NewEncryptedFS(files, std::make_shared<FileKeyProvider>(std::move(keys))), files));
}

}  // namespace sabun
