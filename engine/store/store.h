// An ordered, durable key-value store with families, atomic batches and bulk writing. It knows bytes only.
//
// Errors of every call: DATA_LOSS (a checksum does not fit, a file is missing), RESOURCE_EXHAUSTED (disk full),
// UNAVAILABLE (any other failure of the disk). A failed Commit means *unknown*: the batch may be there after reopening.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/pace.h"

namespace rocksdb {
class FileSystem;
}

namespace sabun {

class KeyRing;

enum class Family : uint8_t { kCatalog, kIndex, kCapsules, kChanges, kUnsettled, kSubmissions, kAudit };
inline constexpr int kFamilyCount = 7;

// Writes that become visible and durable together; later ones win.
class Batch {
 public:
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  struct Write {
    Kind kind;
    Family family;
    std::string key;
    std::string value;  // for kDeleteRange: the end, exclusive
  };

  void Put(Family family, std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    writes_.push_back({Kind::kPut, family, std::move(key), std::move(value)});
  }
  void Delete(Family family, std::string key) {
    bytes_ += key.size();
    writes_.push_back({Kind::kDelete, family, std::move(key), {}});
  }
  void DeleteRange(Family family, std::string begin, std::string end) {
    writes_.push_back({Kind::kDeleteRange, family, std::move(begin), std::move(end)});
  }
  void Reserve(size_t writes) { writes_.reserve(writes_.size() + writes); }
  void Clear() {
    writes_.clear();
    bytes_ = 0;
  }
  const std::vector<Write>& writes() const { return writes_; }
  size_t bytes() const { return bytes_; }

 private:
  std::vector<Write> writes_;
  size_t bytes_ = 0;
};

// Reads a range in key order as it was when the scan was made. Not thread safe. After the loop, status() must be
// checked: a scan that ends early because of a damaged file looks like one that reached its end.
class Scan {
 public:
  virtual ~Scan() = default;
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  // Goes to the first key >= `key` within the range.
  virtual void Seek(absl::string_view key) = 0;
  // Goes to the last key <= `key` within the range.
  virtual void SeekBack(absl::string_view key) = 0;
  // Valid until the scan moves.
  virtual absl::string_view key() const = 0;
  virtual absl::string_view value() const = 0;
  virtual absl::Status status() const = 0;
};

// Writes many entries, in ascending key order, to keys that nobody reads yet and that the store does not hold. Nothing
// is visible before Finish returns OK; when destroyed before, nothing remains. Add may return an earlier Add's error.
class BulkWriter {
 public:
  virtual ~BulkWriter() = default;
  virtual absl::Status Add(absl::string_view key, absl::string_view value) = 0;
  virtual absl::Status Finish() = 0;
};

enum class Durability : uint8_t {
  kLater,  // survives when a later synced commit does
  kSynced  // survives power loss once Commit returns OK
};

// How a scan will be used: it reads far ahead, or as little as a look-up needs.
enum class ScanUse : uint8_t { kRange, kLookups };

// Thread safe.
class Store {
 public:
  virtual ~Store() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) = 0;
  // `keys` must be distinct. The result has one element a key.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                           const std::vector<std::string>& keys) = 0;
  // The range [begin, end), positioned at its first key.
  virtual std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end,
                                        ScanUse use = ScanUse::kRange) = 0;
  virtual absl::Status Commit(const Batch& batch, Durability durability) = 0;
  virtual absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) = 0;
  // OK while the store can be trusted. After a failed commit or write, or a damaged file: UNAVAILABLE (STORE-FAILED),
  // for ever, and nothing is written any more; only opening it again finds out what is stored.
  virtual absl::Status Health() { return absl::OkStatus(); }
  // The store as it is now, for reading. It costs the store what is overwritten meanwhile, and must not outlive it.
  virtual absl::StatusOr<std::unique_ptr<Store>> Freeze() = 0;
  // Reads every file that holds data whole, with all checksums. Errors: DATA_LOSS (names the files), CANCELLED.
  virtual absl::Status VerifyFiles(Pace*) { return absl::OkStatus(); }
  // Writes the store as of now into `directory`, which must not exist, on the same disk. Commits wait for it.
  virtual absl::Status CopyFilesTo(const std::string&) { return absl::UnimplementedError("this store has no files"); }
  // Opens for reading, under this store's keys, what CopyFilesTo wrote.
  virtual absl::StatusOr<std::unique_ptr<Store>> OpenCopy(const std::string&) { return absl::UnimplementedError(""); }
  // Writes every file again under the newest epoch, without what was deleted. Errors: UNAVAILABLE (in use; try again).
  virtual absl::Status RewriteFiles() { return absl::UnimplementedError("this store has no files"); }
};

// In memory: the model that other stores are checked against, and the store of fast tests.
std::unique_ptr<Store> NewMemoryStore();

struct RocksStoreOptions {
  std::string directory;       // created when missing; one process at a time
  std::string encryption_key;  // 32 bytes, without a ring
  size_t cache_bytes = 64 << 20;
  bool read_only = false;  // changes nothing below the directory, which must hold a store
  // The file that knows how far the store is durable. Empty: none, and a store that lost its end is taken for whole.
  // The flag gives any store a new witness.
  std::string witness = {};
  bool accept_as_it_is = false;
  // Called once, from any thread, when Health turns; not to call the store.
  std::function<void(const absl::Status&)> on_failure = nullptr;
  std::shared_ptr<rocksdb::FileSystem> files = nullptr;  // below the encryption, for tests; empty: the real ones
  std::shared_ptr<KeyRing> keys = nullptr;               // instead of `encryption_key`
  bool in_the_clear = false;  // for bench/ alone: no encryption, no seals of rows, no codes of files
};

// Opens or creates a store in RocksDB, every file encrypted. Errors: UNAVAILABLE (another process has it, or the disk
// fails), FAILED_PRECONDITION (a key is not that of a file), DATA_LOSS (a file is damaged, or the witness knows more
// than the store: see engine/store/witness.h; then no file was changed).
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const RocksStoreOptions& options);

}  // namespace sabun
