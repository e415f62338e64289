// The ring of epoch keys: files are encrypted under the newest epoch, and every epoch that a file names can be found,
// until it is destroyed. The key-encryption key wraps them all.
//
// The ring is a file with a copy beside it (PATH.copy) and any further ones (in folders of backups). Each holds the
// whole ring and is replaced with every change: none may keep an epoch that was destroyed. The first file counts; a
// copy is read only when it is missing or damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/base/secret_bytes.h"
#include "keys/ring_format.h"

namespace sabun {

struct EpochKey {
  uint32_t epoch = 0;
  SecretBytes key;  // 32 bytes
};

// Thread safe; several processes may change one ring.
class KeyRing {
 public:
  // Fetches the key-encryption key: when the ring is opened, and again when somebody else rewrapped it.
  using KeyFetcher = std::function<absl::StatusOr<SecretBytes>()>;

  // Errors: NOT_FOUND (KEY-RING-MISSING), DATA_LOSS (KEY-RING-DAMAGED), FAILED_PRECONDITION (KEY-WRONG), the fetcher's.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Open(const std::string& path, KeyFetcher fetch);
  // Makes a ring with its first epoch. With `is_old_store` the key itself becomes epoch 0: files from before there were
  // rings are under it. Errors: those of the disk.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Create(const std::string& path, KeyFetcher fetch, bool is_old_store,
                                                         int64_t now);
  // Without a file: one key, as epoch 0, which never changes.
  static std::shared_ptr<KeyRing> OfOneKey(absl::string_view key);

  EpochKey Newest() const;
  // Errors: FAILED_PRECONDITION (KEY-EPOCH-DESTROYED, KEY-EPOCH-UNKNOWN).
  absl::StatusOr<SecretBytes> Find(uint32_t epoch) const;
  SecretBytes lasting_key() const;
  // As of the last change that this process made or saw.
  RingContents contents() const;
  std::string key_id() const;
  // Copies that could not be written the last time: they may hold epochs that were destroyed since.
  std::vector<std::string> stale_copies() const;

  // The changes. Each is whole or not there; the number of the new epoch, and those that were destroyed. Errors:
  // UNAVAILABLE, RESOURCE_EXHAUSTED, DATA_LOSS, FAILED_PRECONDITION (KEY-WRONG: rewrapped, and the new key cannot be
  // fetched).
  absl::StatusOr<uint32_t> BeginEpoch(int64_t now);
  absl::StatusOr<std::vector<uint32_t>> DestroyBefore(uint32_t epoch);
  // From now on `path` has the ring, too; an absolute path.
  absl::Status AddCopy(const std::string& path);
  // Wraps everything by another key, and forgets the old one.
  absl::Status Rewrap(const SecretBytes& key);
  // Writes the copies that are stale once more.
  absl::Status Refresh();

 private:
  KeyRing(std::string path, KeyFetcher fetch) : path_(std::move(path)), fetch_(std::move(fetch)) {}
  using Change = std::function<void(RingContents*)>;
  absl::Status Apply(const Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ReadAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::string> ReadBytes();
  absl::Status WriteAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteCopies(const std::string& bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;  // empty: no file
  const KeyFetcher fetch_;
  mutable Mutex mutex_;
  SecretBytes key_ ABSL_GUARDED_BY(mutex_);
  RingContents contents_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> stale_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sabun
