#include "engine/audit/audit_log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <filesystem>

#include "absl/memory/memory.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/audit/pruning.h"
#include "engine/base/bytes.h"
#include "engine/base/disk_file.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr absl::string_view kAnchorWord = "sabun-audit-anchor";

std::string SecretRow() { return layout::Tagged(0, 's'); }
std::string HeadRow() { return layout::Tagged(0, 'h'); }

absl::StatusOr<AuditHead> ReadHead(Store* store) {
  ASSIGN_OR_RETURN(const auto bytes, store->Get(Family::kAudit, HeadRow()));
  if (!bytes) return AuditHead();
  if (bytes->size() != 8 + AuditChain::kValueBytes) return absl::DataLossError("audit: the stored head is damaged");
  return AuditHead{LoadBig64(bytes->data()), bytes->substr(8)};
}

absl::StatusOr<std::string> ReadOrMakeSecret(Store* store, bool log_is_empty) {
  ASSIGN_OR_RETURN(const auto stored, store->Get(Family::kAudit, SecretRow()));
  if (stored && stored->size() == kSecretBytes) return *stored;
  if (stored) return absl::DataLossError("audit: the stored secret is damaged");
  if (!log_is_empty) {
    return absl::FailedPreconditionError(
        "the audit log belongs to another store: give the store its own --audit-dir, or put the old log elsewhere");
  }
  const std::string secret = RandomBytes(kSecretBytes);
  Batch batch;
  batch.Put(Family::kAudit, SecretRow(), secret);
  RETURN_IF_ERROR(store->Commit(batch, Durability::kSynced));
  return secret;
}

absl::Status AppendAnchor(const std::string& path, const std::string& line) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  const std::string text = line + "\n";
  const bool written =
      file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fdatasync(file) == 0;
  if (file >= 0) close(file);
  if (written) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the anchor of the audit log cannot be written: ", path));
}

}  // namespace

std::string EncodeAnchor(const AuditHead& head, absl::Time time) {
  return absl::StrCat(kAnchorWord, " seq=", head.sequence, " chain=", absl::BytesToHexString(head.chain),
                      " time=", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()));
}

absl::StatusOr<AuditHead> DecodeAnchor(absl::string_view line) {
  const absl::Status damaged = absl::DataLossError("this is not an anchor of the audit log");
  const size_t begin = line.find(kAnchorWord);
  if (begin == absl::string_view::npos) return damaged;
  AuditHead head;
  bool has_sequence = false, has_chain = false;
  for (const absl::string_view word : absl::StrSplit(line.substr(begin), absl::ByAnyChar(" \r\n"))) {
    const std::vector<absl::string_view> pair = absl::StrSplit(word, absl::MaxSplits('=', 1));
    if (pair.size() != 2) continue;
    if (pair[0] == "seq") has_sequence = absl::SimpleAtoi(pair[1], &head.sequence);
    if (pair[0] == "chain" && pair[1].size() == 2 * AuditChain::kValueBytes) {
      head.chain = absl::HexStringToBytes(pair[1]);
      has_chain = true;
    }
  }
  if (!has_sequence || !has_chain) return damaged;
  return head;
}

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(Store* store, Clock* clock, AuditOptions options) {
  RETURN_IF_ERROR(MakeFolder(options.directory));
  ASSIGN_OR_RETURN(const std::vector<AuditSegment> segments, ListAuditSegments(options.directory));
  ASSIGN_OR_RETURN(std::string secret, ReadOrMakeSecret(store, segments.empty()));
  auto log = absl::WrapUnique(new AuditLog(store, clock, std::move(options), std::move(secret)));
  {
    MutexLock lock(&log->mutex_);
    RETURN_IF_ERROR(log->Recover());
  }
  AuditEntry start;
  start.phase = "engine";
  start.method = "start";
  RETURN_IF_ERROR(log->Append(std::move(start), Durability::kSynced));
  RETURN_IF_ERROR(log->SyncAndAnchor());
  return log;
}

// The part that the store vouches for must be there; what a power cut tore off behind it was never answered for.
absl::Status AuditLog::Recover() {
  ASSIGN_OR_RETURN(const AuditHead stored, ReadHead(store_));
  ASSIGN_OR_RETURN(const std::vector<AuditSegment> segments, ListAuditSegments(options_.directory));
  if (!segments.empty()) RETURN_IF_ERROR(ReadEnd(segments, stored));
  if (head_.sequence < stored.sequence) {
    RETURN_IF_ERROR(Lost(absl::StrCat("it ends with entry ", head_.sequence), stored));
  }
  synced_ = head_.sequence;
  if (!loss_) return absl::OkStatus();
  synced_ = head_.sequence = std::max(head_.sequence, stored.sequence);
  new_segment_ = true;
  return AppendLocked(*std::exchange(loss_, std::nullopt));
}

absl::Status AuditLog::ReadEnd(const std::vector<AuditSegment>& segments, const AuditHead& stored) {
  const AuditSegment& segment = segments.back();
  uint64_t end = 0, known_end = 0;
  bool sound = true;
  head_.sequence = segment.first_sequence - 1;
  RETURN_IF_ERROR(ReadAuditLines(segment.path, [&](const RawAuditLine& raw) {
    if (!raw.whole) return absl::OkStatus();  // torn by a power cut
    const auto line = DecodeAuditLine(raw.text);
    if (!line.ok() || chain_.Mac(line->chain) != line->mac) {
      sound = false;
      return absl::OkStatus();
    }
    head_ = {head_.sequence + 1, line->chain};
    if (head_.sequence == stored.sequence && head_.chain != stored.chain) sound = false;
    end = raw.offset + raw.text.size() + 1;
    if (head_.sequence <= stored.sequence) known_end = end;
    return absl::OkStatus();
  }));
  // What ended while a segment was begun left it without an entry.
  if (end == 0 && segments.size() > 1) {
    const AuditSegment& before = segments[segments.size() - 2];
    const absl::StatusOr<std::string> chain = LastChain(before.path);
    if (!chain.ok() && !absl::IsDataLoss(chain.status())) return chain.status();
    if (!chain.ok() || (head_.sequence == stored.sequence && *chain != stored.chain)) {
      return Lost(absl::StrCat("entries of ", before.path, " are damaged"), stored);
    }
    head_.chain = *chain;
  }
  if (!sound) return Lost(absl::StrCat("entries of ", segment.path, " are damaged"), stored);
  std::error_code error;
  if (std::filesystem::file_size(segment.path, error) != end) std::filesystem::resize_file(segment.path, end, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot mend ", segment.path));
  RETURN_IF_ERROR(WriteAgain(segment.path, known_end, end));
  new_segment_ = end >= options_.segment_bytes;
  if (new_segment_) return absl::OkStatus();
  return appender_.Open(segment.path);
}

absl::Status AuditLog::Lost(const std::string& what, const AuditHead& stored) {
  if (!options_.accept_loss) {
    return absl::DataLossError(absl::StrCat("the audit log in ", options_.directory, " was cut or changed: ", what,
                                            ", and the store knows entry ", stored.sequence,
                                            ". Put the files back from a copy; to go on without them, start once with ",
                                            "--audit-accept-loss, which is written down in the log"));
  }
  AuditEntry loss;
  loss.phase = "engine";
  loss.method = "loss accepted";
  loss.code = "DATA_LOSS";
  loss.counts = {{"known", stored.sequence}, {"found", head_.sequence}};
  loss.note = what;
  loss_ = std::move(loss);
  return absl::OkStatus();
}

absl::Status AuditLog::AppendLocked(AuditEntry entry) {
  if (new_segment_ || appender_.size() >= options_.segment_bytes) {
    RETURN_IF_ERROR(SyncLocked());
    RETURN_IF_ERROR(appender_.Open(AuditSegmentPath(options_.directory, head_.sequence + 1)));
    new_segment_ = false;
  }
  entry.sequence = head_.sequence + 1;
  entry.time = clock_->Now();
  const AuditLine line = chain_.Seal(head_.chain, EncodeAuditEntry(entry));
  RETURN_IF_ERROR(appender_.Append(EncodeAuditLine(line)));
  head_ = {entry.sequence, line.chain};
  return absl::OkStatus();
}

absl::Status AuditLog::SyncLocked() {
  if (synced_ == head_.sequence) return absl::OkStatus();
  RETURN_IF_ERROR(appender_.Sync());
  synced_ = head_.sequence;
  // Only what is durable: otherwise a power cut would look like a cut log.
  std::string row;
  AppendBig64(head_.sequence, &row);
  row += head_.chain;
  Batch batch;
  batch.Put(Family::kAudit, HeadRow(), row);
  return store_->Commit(batch, Durability::kLater);
}

absl::Status AuditLog::Append(AuditEntry entry, Durability durability) {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(AppendLocked(std::move(entry)));
  return durability == Durability::kSynced ? SyncLocked() : absl::OkStatus();
}

absl::Status AuditLog::SyncAndAnchor() {
  AuditHead head;
  {
    MutexLock lock(&mutex_);
    RETURN_IF_ERROR(SyncLocked());
    if (options_.anchor.empty() || anchored_ == head_.sequence) return absl::OkStatus();
    head = head_;
  }
  const std::string line = EncodeAnchor(head, clock_->Now());
  if (options_.anchor == "syslog") {
    syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", line.c_str());
  } else {
    RETURN_IF_ERROR(AppendAnchor(options_.anchor, line));
  }
  MutexLock lock(&mutex_);
  anchored_ = head.sequence;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> AuditLog::Prune() {
  if (options_.keep == absl::InfiniteDuration()) return 0;
  ASSIGN_OR_RETURN(const std::vector<AuditSegment> segments, ListAuditSegments(options_.directory));
  ASSIGN_OR_RETURN(const PrunedHead before, ReadPrunedNote(options_.directory, chain_));
  ASSIGN_OR_RETURN(PrunedHead now, FindPrunable(segments, clock_->Now() - options_.keep));
  if (now.sequence > before.sequence) {
    AuditEntry entry;
    entry.phase = "engine";
    entry.method = "pruned";
    entry.counts = {{"through", now.sequence}};
    RETURN_IF_ERROR(Append(std::move(entry), Durability::kSynced));
    RETURN_IF_ERROR(WritePrunedNote(options_.directory, now, chain_));
  } else {
    now = before;
  }
  // Also what a crash left after it was noted.
  for (size_t i = 0; i + 1 < segments.size() && segments[i + 1].first_sequence <= now.sequence + 1; ++i) {
    std::error_code error;
    std::filesystem::remove(segments[i].path, error);
    if (error) return absl::UnavailableError(absl::StrCat("audit log: cannot erase ", segments[i].path));
  }
  return now.sequence - before.sequence;
}

AuditHead AuditLog::head() {
  MutexLock lock(&mutex_);
  return head_;
}

absl::StatusOr<AuditHead> AuditLog::StoredHead() { return ReadHead(store_); }

}  // namespace sabun
