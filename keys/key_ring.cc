#include "keys/key_ring.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/coded_error.h"
#include "engine/base/commit_point.h"
#include "engine/base/status_macros.h"
#include "keys/cipher.h"
#include "keys/key_source.h"
#include "keys/ring_file.h"

namespace sabun {
namespace {

std::string CopyOf(const std::string& path) { return path + ".copy"; }

absl::Status Missing(const std::string& path) {
  return CodedError(
      absl::StatusCode::kNotFound,
      {"KEY-RING-MISSING",
       absl::StrCat(
           "the key ring ", path,
           " is missing, and so is its copy. Put it back: from the file keyring of the newest backup folder, or "
           "from another copy. The key alone does not open the data; nothing was changed."),
       absl::StrCat("鍵束 ", path,
                    " とその複写がありません。最新のバックアップ先の keyring などから戻してください。鍵だけではデータは"
                    "読めません。何も変更していません。")});
}

absl::Status EpochGone(uint32_t epoch, bool destroyed) {
  if (!destroyed) {
    return CodedError(absl::StatusCode::kFailedPrecondition,
                      {"KEY-EPOCH-UNKNOWN",
                       absl::StrCat("a file names the key of epoch ", epoch,
                                    ", which this key ring does not know yet: the ring is an old copy. Use the newest "
                                    "ring that belongs to these files."),
                       absl::StrCat("ファイルが使う鍵の世代 ", epoch,
                                    " がこの鍵束にありません。鍵束が古い複写です。最新の鍵束を使ってください。")});
  }
  return CodedError(
      absl::StatusCode::kFailedPrecondition,
      {"KEY-EPOCH-DESTROYED",
       absl::StrCat("a file names the key of epoch ", epoch,
                    ", which was destroyed by an erasure: this is an old copy or backup, and it cannot be "
                    "read any more. Use a backup from after the erasure."),
       absl::StrCat("ファイルが使う鍵の世代 ", epoch,
                    " は消去により廃棄されました。古い複写やバックアップはもう読めません。消去後のバックアップ"
                    "を使ってください。")});
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeyRing>> KeyRing::Open(const std::string& path, KeyFetcher fetch) {
  std::unique_ptr<KeyRing> ring(new KeyRing(path, std::move(fetch)));
  ASSIGN_OR_RETURN(SecretBytes key, ring->fetch_());
  ASSIGN_OR_RETURN(const RingLock lock, RingLock::Take(path));
  MutexLock held(&ring->mutex_);
  ring->key_ = std::move(key);
  RETURN_IF_ERROR(ring->ReadAgain());
  // A change that was interrupted left copies behind, or the first file is the one that was lost.
  const absl::StatusOr<std::string> first = ReadRingFile(path);
  if (first.ok() && ReadRingLabel(*first, path).ok()) {
    ring->WriteCopies(*first);
    return ring;
  }
  RETURN_IF_ERROR(ring->WriteAll());
  return ring;
}

absl::StatusOr<std::unique_ptr<KeyRing>> KeyRing::Create(const std::string& path, KeyFetcher fetch, bool is_old_store,
                                                         int64_t now) {
  std::unique_ptr<KeyRing> ring(new KeyRing(path, std::move(fetch)));
  ASSIGN_OR_RETURN(SecretBytes key, ring->fetch_());
  ASSIGN_OR_RETURN(const RingLock lock, RingLock::Take(path));
  MutexLock held(&ring->mutex_);
  ring->key_ = std::move(key);
  // What an old store's journal and witness are checked with stays what it was.
  ring->contents_.lasting_key = is_old_store ? ring->key_ : NewKey();
  if (is_old_store) ring->contents_.epochs[0] = {ring->key_, 0};
  ring->contents_.epochs[1] = {NewKey(), now};
  ring->contents_.next_epoch = 2;
  ring->contents_.sequence = 1;
  RETURN_IF_ERROR(ring->WriteAll());
  return ring;
}

std::shared_ptr<KeyRing> KeyRing::OfOneKey(absl::string_view key) {
  SABUN_CHECK(key.size() == kKeyBytes);
  std::shared_ptr<KeyRing> ring(new KeyRing("", nullptr));
  MutexLock held(&ring->mutex_);
  ring->contents_.lasting_key = SecretBytes(key);
  ring->contents_.epochs[0] = {SecretBytes(key), 0};
  return ring;
}

absl::StatusOr<std::string> KeyRing::ReadBytes() {
  absl::StatusOr<std::string> first = ReadRingFile(path_);
  if (first.ok() && ReadRingLabel(*first, path_).ok()) return first;
  // Neither missing nor damaged: what a copy says instead may be older, and would replace it.
  if (!first.ok() && !absl::IsNotFound(first.status())) return first;
  absl::StatusOr<std::string> copy = ReadRingFile(CopyOf(path_));
  if (copy.ok() && ReadRingLabel(*copy, path_).ok()) return copy;
  if (absl::IsNotFound(first.status()) && absl::IsNotFound(copy.status())) return Missing(path_);
  return absl::IsNotFound(first.status()) ? copy : first;
}

absl::Status KeyRing::ReadAgain() {
  ASSIGN_OR_RETURN(const std::string bytes, ReadBytes());
  absl::StatusOr<RingContents> contents = DecodeRing(bytes, key_.view(), path_);
  if (absl::IsFailedPrecondition(contents.status())) {
    ASSIGN_OR_RETURN(SecretBytes key, fetch_());
    contents = DecodeRing(bytes, key.view(), path_);
    if (contents.ok()) key_ = std::move(key);
  }
  RETURN_IF_ERROR(contents.status());
  contents_ = *std::move(contents);
  return absl::OkStatus();
}

absl::Status KeyRing::WriteAll() {
  const std::string bytes = EncodeRing(contents_, key_.view());
  BeforeCommit("ring");
  RETURN_IF_ERROR(WriteRingFile(path_, bytes));
  AfterCommit("ring");
  BeforeCommit("ring_copies");
  WriteCopies(bytes);
  AfterCommit("ring_copies");
  return absl::OkStatus();
}

// A folder of backups may be on a disk that is not there; that is told, and made good with the next change.
void KeyRing::WriteCopies(const std::string& bytes) {
  std::vector<std::string> copies = contents_.copies;
  copies.insert(copies.begin(), CopyOf(path_));
  stale_.clear();
  for (const std::string& path : copies) {
    const absl::StatusOr<std::string> there = ReadRingFile(path);
    if (there.ok() && *there == bytes) continue;
    if (!WriteRingFile(path, bytes).ok()) stale_.push_back(path);
  }
}

absl::Status KeyRing::Apply(const Change& change) {
  SABUN_CHECK(!path_.empty());
  ASSIGN_OR_RETURN(const RingLock lock, RingLock::Take(path_));
  RETURN_IF_ERROR(ReadAgain());
  RingContents before = contents_;
  change(&contents_);
  ++contents_.sequence;
  const absl::Status written = WriteAll();
  // What is on the disk now is not known; the next change finds out.
  if (!written.ok()) contents_ = std::move(before);
  return written;
}

EpochKey KeyRing::Newest() const {
  MutexLock held(&mutex_);
  const auto& [number, epoch] = *contents_.epochs.rbegin();
  return {number, epoch.key};
}

absl::StatusOr<SecretBytes> KeyRing::Find(uint32_t epoch) const {
  MutexLock held(&mutex_);
  const auto found = contents_.epochs.find(epoch);
  if (found != contents_.epochs.end()) return found->second.key;
  return EpochGone(epoch, epoch < contents_.next_epoch);
}

SecretBytes KeyRing::lasting_key() const {
  MutexLock held(&mutex_);
  return contents_.lasting_key;
}

RingContents KeyRing::contents() const {
  MutexLock held(&mutex_);
  return contents_;
}

std::string KeyRing::key_id() const {
  MutexLock held(&mutex_);
  return KeyId(key_.view());
}

std::vector<std::string> KeyRing::stale_copies() const {
  MutexLock held(&mutex_);
  return stale_;
}

absl::StatusOr<uint32_t> KeyRing::BeginEpoch(int64_t now) {
  MutexLock held(&mutex_);
  uint32_t begun = 0;
  RETURN_IF_ERROR(Apply([&](RingContents* contents) {
    begun = contents->next_epoch++;
    contents->epochs[begun] = {NewKey(), now};
  }));
  return begun;
}

absl::StatusOr<std::vector<uint32_t>> KeyRing::DestroyBefore(uint32_t epoch) {
  MutexLock held(&mutex_);
  std::vector<uint32_t> destroyed;
  RETURN_IF_ERROR(Apply([&](RingContents* contents) {
    SABUN_CHECK(contents->epochs.contains(epoch));
    while (contents->epochs.begin()->first < epoch) {
      destroyed.push_back(contents->epochs.begin()->first);
      contents->epochs.erase(contents->epochs.begin());
    }
  }));
  return destroyed;
}

absl::Status KeyRing::AddCopy(const std::string& path) {
  MutexLock held(&mutex_);
  return Apply([&](RingContents* contents) {
    for (const std::string& copy : contents->copies) {
      if (copy == path) return;
    }
    contents->copies.push_back(path);
  });
}

absl::Status KeyRing::Rewrap(const SecretBytes& key) {
  SABUN_CHECK(key.size() == kKeyBytes);
  MutexLock held(&mutex_);
  ASSIGN_OR_RETURN(const RingLock lock, RingLock::Take(path_));
  RETURN_IF_ERROR(ReadAgain());
  const SecretBytes before = std::exchange(key_, key);
  ++contents_.sequence;
  const absl::Status written = WriteAll();
  if (!written.ok()) key_ = before;
  return written;
}

absl::Status KeyRing::Refresh() {
  MutexLock held(&mutex_);
  return Apply([](RingContents*) {});
}

}  // namespace sabun
