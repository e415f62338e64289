// Audit log, key ring, key files and the directory's lock on a disk of which any one call fails.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit/audit_log.h"
#include "engine/audit/verify_log.h"
#include "engine/base/directory_lock.h"
#include "keys/key_ring.h"
#include "keys/key_source.h"
#include "keys/ring_file.h"
#include "tests/fault/call_sweep.h"

namespace sabun {
namespace {

// The log writes each line at once: half of one is taken back, and told as a full disk.
Trouble AsTheLogTellsIt(Trouble trouble) {
  if (trouble.error == 0) trouble.error = ENOSPC;
  return trouble;
}

class AuditLife {
 public:
  AuditLife(const std::string& directory, FailingCalls* disk, Trouble trouble)
      : disk_(disk), trouble_(AsTheLogTellsIt(trouble)) {
    options_.directory = directory + "/audit";
    options_.anchor = directory + "/anchor";
    options_.segment_bytes = 700;
    options_.keep = absl::Hours(2);
  }

  void Prepare() {
    log_ = *AuditLog::Open(store_.get(), &clock_, options_);
    for (int i = 0; i < 4; ++i) Append(Durability::kSynced);
  }
  void Work() {
    absl::Status opened = Open();
    if (!opened.ok()) {
      if (!absl::StrContains(opened.message(), "anchor")) ExpectDiskError(opened, trouble_);
      opened = Open();
    }
    if (!opened.ok()) return;
    for (int i = 0; i < 6; ++i) Append(i % 2 == 0 ? Durability::kLater : Durability::kSynced);
    log_->SyncAndAnchor().IgnoreError();
    log_->Prune().status().IgnoreError();
    Append(Durability::kSynced);
  }
  void Check(bool troubled) {
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
    Append(Durability::kSynced);
    ASSERT_TRUE(log_->Prune().ok());
    ASSERT_TRUE(log_->SyncAndAnchor().ok());
    const auto anchors = ReadAnchors(options_.anchor);
    ASSERT_TRUE(anchors.ok()) << anchors.status();
    const auto verdict = VerifyAuditLog(options_.directory, log_->chain(), {*anchors, *log_->StoredHead()});
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    for (const AuditProblem& problem : verdict->problems)
      ADD_FAILURE() << problem.kind << " of entry " << problem.sequence;
    EXPECT_TRUE(troubled || verdict->pruned > 0);
    std::map<uint64_t, std::string> found;
    const absl::Status visited = VisitAuditLog(options_.directory, [&](const AuditEntry& entry, absl::string_view) {
      EXPECT_FALSE(refused_.contains(entry.who) && refused_[entry.who]) << entry.who << " was refused";
      found[entry.sequence] = entry.who;
      return absl::OkStatus();
    });
    ASSERT_TRUE(visited.ok()) << visited;
    for (const auto& [sequence, who] : acknowledged_) {
      if (sequence > verdict->pruned) {
        EXPECT_EQ(found[sequence], who);
      }
    }
  }

 private:
  absl::Status Open() {
    log_.reset();
    std::erase_if(refused_, [](const auto& one) { return !one.second; });  // perhaps it is there
    auto log = AuditLog::Open(store_.get(), &clock_, options_);
    if (log.ok()) log_ = *std::move(log);
    return log.status();
  }
  std::string NewestSegment() {
    std::string newest;
    for (uint64_t sequence = 1; sequence < 40; ++sequence) {
      const std::string path = AuditSegmentPath(options_.directory, sequence);
      if (IsThere(path)) newest = path;
    }
    return newest;
  }
  void Append(Durability durability) {
    clock_.Advance(absl::Hours(1));
    AuditEntry entry;
    entry.phase = "intent";
    entry.who = absl::StrCat("caller ", ++callers_);
    const absl::Status status = log_->Append(entry, durability);
    if (!status.ok()) {
      refused_[entry.who] = false;
      EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) << status;
      return;
    }
    acknowledged_[log_->head().sequence] = entry.who;
    EXPECT_TRUE(durability == Durability::kLater || disk_->IsDurable(NewestSegment())) << entry.who;
    // As long as the log goes on, what it refused is not in it.
    for (auto& [who, later_one_is_there] : refused_) later_one_is_there = true;
  }

  FailingCalls* const disk_;
  const Trouble trouble_;
  AuditOptions options_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  std::unique_ptr<AuditLog> log_;
  int callers_ = 0;
  std::map<uint64_t, std::string> acknowledged_;
  std::map<std::string, bool> refused_;  // whether a later one was taken by the same log
};

// A sound log is never said to be changed because a file cannot be read.
class AuditVerificationLife {
 public:
  AuditVerificationLife(const std::string& directory, FailingCalls*, Trouble trouble) : trouble_(trouble) {
    options_.directory = directory + "/audit";
    options_.anchor = directory + "/anchor";
    options_.segment_bytes = 700;
    options_.keep = absl::Hours(2);
  }

  void Prepare() {
    log_ = *AuditLog::Open(store_.get(), &clock_, options_);
    for (int i = 0; i < 8; ++i) {
      clock_.Advance(absl::Hours(1));
      AuditEntry entry;
      entry.phase = "intent";
      ASSERT_TRUE(log_->Append(entry, Durability::kSynced).ok());
      ASSERT_TRUE(log_->SyncAndAnchor().ok());
    }
    ASSERT_GT(*log_->Prune(), 0u);
    anchors_ = ReadAnchors(options_.anchor)->size();
  }
  void Work() { Verify(false); }
  void Check(bool) { Verify(true); }

 private:
  void Verify(bool must) {
    const auto anchors = ReadAnchors(options_.anchor);
    if (anchors.ok()) {
      EXPECT_EQ(anchors->size(), anchors_) << "a log is held to fewer anchors than there are";
    }
    const auto verdict = VerifyAuditLog(options_.directory, log_->chain(), {{}, *log_->StoredHead()});
    if (verdict.ok()) {
      EXPECT_EQ(verdict->problem_count, 0u);
    }
    if (verdict.ok()) {
      EXPECT_EQ(verdict->pruned + verdict->entries, log_->head().sequence);
    }
    EXPECT_TRUE(!must || (anchors.ok() && verdict.ok()));
    EXPECT_TRUE(anchors.ok() || absl::IsUnavailable(anchors.status())) << anchors.status();
    if (!verdict.ok()) ExpectDiskError(verdict.status(), trouble_);
  }

  const Trouble trouble_;
  AuditOptions options_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  std::unique_ptr<AuditLog> log_;
  size_t anchors_ = 0;
};

const std::string kKey(32, 'k'), kOther(32, 'o');

// After each change the ring is the one before or the one after; which one, only a change that succeeded says.
class RingLife {
 public:
  RingLife(const std::string& directory, FailingCalls* disk, Trouble trouble)
      : path_(directory + "/keyring"), disk_(disk), trouble_(trouble) {}

  void Prepare() {
    ring_ = *KeyRing::Create(path_, Key(kKey), false, 100);
    first_ = *ring_->Find(1);
    // A copy that could not be written when the second epoch began.
    const std::string old = *ReadRingFile(path_);
    ASSERT_EQ(*ring_->BeginEpoch(200), 2u);
    ASSERT_TRUE(WriteRingFile(path_ + ".copy", old).ok());
    second_ = *ring_->Find(2);
  }
  void Work() {
    const auto opened = KeyRing::Open(path_, Key(kKey));
    Told(opened.status());
    if (opened.ok()) {
      EXPECT_EQ((*opened)->Newest().epoch, 2u);
    }
    const auto begun = ring_->BeginEpoch(300);
    Told(begun.status());
    if (begun.ok()) {
      EXPECT_EQ(ring_->Newest().epoch, *begun);
    }
    if (begun.ok()) third_ = *ring_->Find(3);
    const auto destroyed = ring_->DestroyBefore(2);
    Told(destroyed.status());
    if (!destroyed.ok()) {
      EXPECT_EQ(*ring_->Find(1), first_) << "what may still be needed is at hand";
    }
    first_is_destroyed_ = destroyed.ok();
    const absl::Status rewrapped = ring_->Rewrap(SecretBytes(kOther));
    Told(rewrapped);
    other_key_ = rewrapped.ok();
  }
  void Check(bool) {
    auto ring = KeyRing::Open(path_, Key(kOther));
    EXPECT_TRUE(ring.ok() || !other_key_) << ring.status();
    const bool is_other = ring.ok();
    if (!is_other) ring = KeyRing::Open(path_, Key(kKey));
    ASSERT_TRUE(ring.ok()) << ring.status();
    EXPECT_TRUE((*ring)->stale_copies().empty());
    EXPECT_EQ(*(*ring)->Find(2), second_);
    if (!third_.empty()) {
      EXPECT_EQ(*(*ring)->Find(3), third_);
    }
    if (first_is_destroyed_) {
      EXPECT_FALSE((*ring)->Find(1).ok());
    }
    const auto begun = (*ring)->BeginEpoch(400);
    ASSERT_TRUE(begun.ok()) << begun.status();
    EXPECT_EQ(*ReadRingFile(path_), *ReadRingFile(path_ + ".copy"));
    EXPECT_EQ(*(*KeyRing::Open(path_, Key(is_other ? kOther : kKey)))->Find(*begun), *(*ring)->Find(*begun));
  }

 private:
  static KeyRing::KeyFetcher Key(const std::string& key) {
    return [key] { return SecretBytes(key); };
  }
  void Told(const absl::Status& status) {
    if (!status.ok()) return ExpectDiskError(status, trouble_);
    EXPECT_TRUE(disk_->IsDurable(path_));
  }

  const std::string path_;
  FailingCalls* const disk_;
  const Trouble trouble_;
  std::unique_ptr<KeyRing> ring_;
  SecretBytes first_, second_, third_;
  bool first_is_destroyed_ = false, other_key_ = false;
};

class NewKeyLife {
 public:
  NewKeyLife(const std::string& directory, FailingCalls* disk, Trouble)
      : path_(directory + "/engine.key"), disk_(disk) {}

  void Prepare() {}
  void Work() {
    const absl::Status written = WriteKeyFile(path_, kKey);
    written_ = written.ok();
    EXPECT_TRUE(!written_ || disk_->IsDurable(path_));
    EXPECT_TRUE(written_ || absl::IsUnavailable(written)) << written;
    const auto read = ReadKeyFile(path_);
    if (read.ok()) {
      EXPECT_EQ(read->view(), kKey);
    }
  }
  void Check(bool) {
    // Only a disk that stays broken can leave something in the way, and that is no other key.
    if (!written_ && !IsThere(path_)) {
      EXPECT_TRUE(WriteKeyFile(path_, kKey).ok());
    }
    const auto read = ReadKeyFile(path_);
    EXPECT_TRUE(read.ok() || !written_) << read.status();
    if (read.ok()) {
      EXPECT_EQ(read->view(), kKey);
    }
  }

 private:
  const std::string path_;
  FailingCalls* const disk_;
  bool written_ = false;
};

class LockLife {
 public:
  LockLife(const std::string& directory, FailingCalls*, Trouble) : directory_(directory) {}

  void Prepare() {}
  void Work() {
    const auto one = DirectoryLock::Take(directory_);
    EXPECT_TRUE(one.ok() || absl::IsUnavailable(one.status())) << one.status();
    const auto other = DirectoryLock::Take(directory_);
    EXPECT_FALSE(one.ok() && other.ok()) << "two engines";
  }
  void Check(bool) { EXPECT_TRUE(DirectoryLock::Take(directory_).ok()); }

 private:
  const std::string directory_;
};

class LogsAndKeysTest : public CallSweep {};

TEST_P(LogsAndKeysTest, AuditLogHasWhatItAcknowledgedAndVerifies) { Sweep<AuditLife>(); }
TEST_P(LogsAndKeysTest, SoundAuditLogIsNeverCalledChanged) { Sweep<AuditVerificationLife>(); }
TEST_P(LogsAndKeysTest, KeyRingIsTheOneBeforeOrTheOneAfter) { Sweep<RingLife>(); }
TEST_P(LogsAndKeysTest, KeyFileIsWholeAndDurableOrCanBeMadeAgain) { Sweep<NewKeyLife>(); }
TEST_P(LogsAndKeysTest, NobodyTakesALockedDirectory) { Sweep<LockLife>(); }

INSTANTIATE_TEST_SUITE_P(Troubles, LogsAndKeysTest, testing::ValuesIn(kTroubles), NameOf);

}  // namespace
}  // namespace sabun
