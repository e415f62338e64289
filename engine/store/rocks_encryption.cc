#include "engine/store/rocks_encryption.h"

#include <rocksdb/env_encryption.h>
#include <rocksdb/file_system.h>

#include <cstring>
#include <optional>

#include "absl/strings/match.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/file_head.h"
#include "engine/store/rocks_defects.h"
#include "engine/store/rocks_files.h"
#include "engine/store/rocks_frames.h"

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

rocksdb::IOStatus Refusal(const absl::Status& why) {
  const std::string text(why.message());
  return absl::IsDataLoss(why) ? rocksdb::IOStatus::Corruption(text) : rocksdb::IOStatus::InvalidArgument(text);
}

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
    if (!file_key.ok()) return Refusal(file_key.status());
    if (FormOfHead(ToView(prefix)) != FileForm::kStream) return rocksdb::Status::Corruption("frames, and no stream");
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

// RocksDB opens CURRENT for reading at any place, to see whether it can, and does not read.
class NotReadAtAnyPlace : public rocksdb::FSRandomAccessFile {
 public:
  rocksdb::IOStatus Read(uint64_t, size_t, const rocksdb::IOOptions&, rocksdb::Slice*, char*,
                         rocksdb::IODebugContext*) const override {
    return rocksdb::IOStatus::NotSupported();
  }
};

// Tables go through RocksDB's encrypted files, all else is frames; and what those files are not ready for.
class StoreFiles : public rocksdb::FileSystemWrapper {
 public:
  struct Parts {
    std::shared_ptr<rocksdb::FileSystem> encrypted, below;
    std::shared_ptr<const KeyRing> keys;
    OldForm old_form;
  };
  explicit StoreFiles(Parts parts) : FileSystemWrapper(parts.encrypted), parts_(std::move(parts)) {}
  const char* Name() const override { return "SabunFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (FormOf(path) == FileForm::kStream) return target()->NewWritableFile(path, options, file, debug);
    std::unique_ptr<rocksdb::FSWritableFile> made;
    rocksdb::IOStatus status = parts_.below->NewWritableFile(path, options, &made, debug);
    if (!status.ok()) return status;
    std::string head = NewFileHead(*parts_.keys, path);
    const absl::StatusOr<SecretBytes> key = OpenFileHead(*parts_.keys, path, head);
    if (!key.ok()) return Refusal(key.status());
    head.resize(kFileHeadBytes, '\0');
    status = made->Append(head, options.io_options, debug);
    if (!status.ok()) return status;
    *file = NewFrameWriter(std::move(made), {*key, !NameTiedTo(path).empty()});
    if (absl::EndsWith(path, ".log")) return logs_.Begin(path, options.io_options, file);
    if (!NameTiedTo(path).empty()) *file = manifests_.Watch(path, std::move(*file));
    return status;
  }

  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (!manifests_.MayDelete(path)) return rocksdb::IOStatus::IOError("a manifest failed: no table is deleted");
    return target()->DeleteFile(path, options, debug);
  }

  // RocksDB reopens a file that it ingests, to sync it, and its encryption then writes a second head behind the file:
  // the store could not be opened again. The bulk writer has synced the file already, so that nothing is lost by
  // refusing.
  rocksdb::IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                       std::unique_ptr<rocksdb::FSWritableFile>*, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }
  rocksdb::IOStatus ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSWritableFile>*, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override {
    if (FormOf(path) == FileForm::kStream) {
      const rocksdb::IOStatus status = target()->NewRandomAccessFile(path, options, file, debug);
      if (status.ok() && absl::StrContains(path, "/bulk/")) *file = tables_.Watch(path, std::move(*file));
      return status;
    }
    *file = std::make_unique<NotReadAtAnyPlace>();
    return parts_.below->FileExists(path, options.io_options, debug);
  }

  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
    if (!tables_.MayMove(from)) return rocksdb::IOStatus::IOError("a table that could not be read is not moved in");
    return target()->LinkFile(from, to, options, debug);
  }

  // RocksDB's encryption ends the process when a file is shorter than its head.
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options, uint64_t* size,
                                rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = parts_.below->GetFileSize(path, options, size, debug);
    if (!status.ok()) return status;
    if (FormOf(path) == FileForm::kFrames) {
      Found found;
      status = LookAt(path, {}, &found);
      if (status.ok() && found.form == FileForm::kFrames) return Count(path, std::move(found), size);
      if (found.form == std::nullopt) *size = kFileHeadBytes;
    }
    *size -= std::min<uint64_t>(*size, kFileHeadBytes);
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
    Found found;
    rocksdb::IOStatus status = LookAt(path, options, &found);
    if (!status.ok()) return status;
    if (found.is_unwritten) {
      *file = std::make_unique<EmptyFile>();
      return status;
    }
    if (FormOf(path) == FileForm::kFrames && found.form == FileForm::kFrames) {
      const absl::StatusOr<SecretBytes> key = OpenFileHead(*parts_.keys, path, found.head);
      if (!key.ok()) return Refusal(key.status());
      *file = NewFrameReader(std::move(found.file), {*key, !NameTiedTo(path).empty()});
      return status;
    }
    if (FormOf(path) == FileForm::kFrames && parts_.old_form == OldForm::kRefused) {
      return rocksdb::IOStatus::Corruption("a file of an older version, which this store has no more");
    }
    return target()->NewSequentialFile(path, options, file, debug);
  }

 private:
  struct Found {
    std::string head;
    std::optional<FileForm> form;  // nothing: no head, or unwritten
    // Shorter than its head; or, for a log, with a head that never reached the disk though later blocks did. What is
    // damaged in another way is not taken for empty.
    bool is_unwritten = false;
    std::unique_ptr<rocksdb::FSSequentialFile> file;  // behind its head
  };

  rocksdb::IOStatus LookAt(const std::string& path, const rocksdb::FileOptions& options, Found* found) {
    rocksdb::IOStatus status = parts_.below->NewSequentialFile(path, options, &found->file, nullptr);
    std::string head(kFileHeadBytes, '\0');
    rocksdb::Slice got;
    if (status.ok()) status = found->file->Read(head.size(), {}, &got, head.data(), nullptr);
    if (!status.ok()) return status;
    found->head = got.ToString();
    const absl::string_view checked = absl::string_view(found->head).substr(0, kFileHeadCheckedBytes);
    found->is_unwritten = got.size() < kFileHeadBytes ||
                          (absl::EndsWith(path, ".log") && checked.find_first_not_of('\0') == checked.npos);
    if (!found->is_unwritten) found->form = FormOfHead(found->head);
    return status;
  }

  // Damage is for who reads the file: RocksDB asks for the size of an OPTIONS file, which nobody reads.
  rocksdb::IOStatus Count(const std::string& path, Found found, uint64_t* size) {
    const absl::StatusOr<SecretBytes> key = OpenFileHead(*parts_.keys, path, found.head);
    *size = 0;
    if (absl::IsDataLoss(key.status())) return rocksdb::IOStatus::OK();
    if (!key.ok()) return Refusal(key.status());
    return CountFramedBytes(std::move(found.file), {*key, !NameTiedTo(path).empty()}, size);
  }

  const Parts parts_;
  LogSuccession logs_;
  ManifestWatch manifests_;
  ReadWatch tables_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> NewEncryptedEnvironment(std::shared_ptr<const KeyRing> keys,
                                                      const std::shared_ptr<rocksdb::FileSystem>& files,
                                                      OldForm old_form) {
  auto encrypted = rocksdb::NewEncryptedFS(files, std::make_shared<FileKeyProvider>(keys));
  return rocksdb::NewCompositeEnv(
      std::make_shared<StoreFiles>(StoreFiles::Parts{std::move(encrypted), files, std::move(keys), old_form}));
}

}  // namespace sabun
