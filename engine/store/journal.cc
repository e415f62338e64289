#include "engine/store/journal.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/disk_file.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_head.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

// Before there were epochs, and since: then the epoch follows.
constexpr absl::string_view kMagicOfOneKey = "SABUNJ01", kMagic = "SABUNJ02";
constexpr size_t kCheckBytes = 16;
constexpr size_t kOldHeadBytes = kMagic.size() + kFileSaltBytes + kCheckBytes,
                 kHeadBytes = kOldHeadBytes + kEpochFieldBytes;
// Before each record: eight bytes by which one is found again behind damage, its size, and its code.
constexpr absl::string_view kRecordMark("\xB5\x3C record", 8);
constexpr size_t kCodeBytes = 16;
constexpr size_t kFrameBytes = kRecordMark.size() + 4 + kCodeBytes;
constexpr uint64_t kLargestRecord = 64 << 20;

absl::Status Failed(absl::string_view doing, const std::string& path) { return DiskError("journal", doing, path); }

// Bound to its place, so that a record that was copied to another one is not taken for it.
std::string Code(const SecretBytes& file_key, uint64_t offset, absl::string_view record) {
  std::string bytes;
  AppendBig64(offset, &bytes);
  bytes.append(record.data(), record.size());
  unsigned char code[32];
  unsigned size = 0;
  SABUN_CHECK(HMAC(EVP_sha256(), file_key.view().data(), static_cast<int>(file_key.size()),
                   reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), code, &size) != nullptr);
  return std::string(reinterpret_cast<const char*>(code), kCodeBytes);
}

std::string HeadCheck(const SecretBytes& file_key) { return Code(file_key, ~uint64_t{0}, "head"); }

std::string PathOf(const std::string& directory, uint64_t segment) {
  return absl::StrCat(directory, "/", JournalSegmentName(segment));
}

}  // namespace

std::string JournalSegmentName(uint64_t number) { return absl::StrFormat("%010u.journal", number); }

absl::StatusOr<std::vector<uint64_t>> JournalSegments(const std::string& directory) {
  std::vector<uint64_t> numbers;
  const absl::StatusOr<std::vector<std::string>> paths = ListFolder(directory);
  if (absl::IsNotFound(paths.status())) return numbers;
  RETURN_IF_ERROR(paths.status());
  for (const std::string& path : *paths) {
    const std::string name = fs::path(path).filename();
    const uint64_t number = std::strtoull(name.c_str(), nullptr, 10);
    if (number != 0 && name == JournalSegmentName(number)) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Journal::Journal(JournalOptions options) : options_(std::move(options)) { failure_.Tell(options_.on_failure); }

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(JournalOptions options) {
  std::unique_ptr<Journal> journal(new Journal(std::move(options)));
  ASSIGN_OR_RETURN(const bool exists, FileExists(journal->options_.directory));
  if (!exists) return journal;
  RETURN_IF_ERROR(journal->BeginSegment().status());
  return journal;
}

bool Journal::IsOn() {
  MutexLock lock(&mutex_);
  return file_.is_open();
}

absl::StatusOr<uint64_t> Journal::BeginSegment() {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(failure_.Health());
  return Begin();
}

absl::StatusOr<uint64_t> Journal::Begin() {
  const std::string& directory = options_.directory;
  RETURN_IF_ERROR(MakeFolder(directory, 0700));
  // What was appended to the segment before is durable before there is a next one.
  if (file_.is_open()) RETURN_IF_ERROR(Sync());
  ASSIGN_OR_RETURN(const std::vector<uint64_t> there, JournalSegments(directory));
  const uint64_t number = there.empty() ? 1 : there.back() + 1;
  const std::string path = PathOf(directory, number);
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!file.is_open()) return Failed("make", path);
  file_ = std::move(file);
  const std::string salt = RandomBytes(kFileSaltBytes);
  const EpochKey epoch = options_.keys->Newest();
  file_key_ = DeriveFileKey(epoch.key.view(), salt);
  size_ = 0;
  RETURN_IF_ERROR(Write(absl::StrCat(kMagic, salt, HeadCheck(file_key_), EpochField(epoch.epoch))));
  RETURN_IF_ERROR(Sync());
  // A segment that a power loss takes away whole would be missed by nobody.
  if (!SyncFolder(directory)) return failure_.Note(Failed("sync", directory));
  return number;
}

absl::Status Journal::Write(std::string bytes) {
  if (!WriteAll(file_.get(), bytes)) return failure_.Note(Failed("write", options_.directory));
  size_ += bytes.size();
  return absl::OkStatus();
}

// After a failed one nobody knows which bytes are on the disk, and the next one would not tell.
absl::Status Journal::Sync() {
  return fdatasync(file_.get()) == 0 ? absl::OkStatus() : failure_.Note(Failed("sync", options_.directory));
}

absl::Status Journal::Append(absl::string_view record, Durability durability) {
  MutexLock lock(&mutex_);
  if (!file_.is_open()) return absl::OkStatus();
  RETURN_IF_ERROR(failure_.Health());
  SABUN_CHECK(record.size() <= kLargestRecord);
  std::string frame(kRecordMark);
  AppendBig32(static_cast<uint32_t>(record.size()), &frame);
  frame += Code(file_key_, size_, record);
  frame.append(record.data(), record.size());
  CtrCipher(file_key_).Apply(size_, frame.data(), frame.size());
  RETURN_IF_ERROR(Write(std::move(frame)));
  return durability == Durability::kLater ? absl::OkStatus() : Sync();
}

absl::Status Journal::DropBefore(uint64_t segment) {
  ASSIGN_OR_RETURN(const std::vector<uint64_t> there, JournalSegments(options_.directory));
  for (const uint64_t number : there) {
    if (number >= segment) break;
    const std::string path = PathOf(options_.directory, number);
    if (unlink(path.c_str()) != 0) return Failed("erase", path);
  }
  return absl::OkStatus();
}

struct JournalReader::Segment {
  absl::StatusOr<std::string> Read(uint64_t offset, size_t bytes) const {
    std::string out(bytes, '\0');
    if (!ReadAllAt(file.get(), offset, out.data(), bytes)) return Failed("read", path);
    return out;
  }
  absl::StatusOr<std::string> Decrypted(uint64_t offset, size_t bytes) const {
    ASSIGN_OR_RETURN(std::string out, Read(offset, bytes));
    CtrCipher(key).Apply(offset, out.data(), out.size());
    return out;
  }
  // The record whose frame begins at `offset`; nothing when there is none.
  absl::StatusOr<std::optional<std::string>> RecordAt(uint64_t offset) const {
    if (size - offset < kFrameBytes) return std::optional<std::string>();
    ASSIGN_OR_RETURN(const std::string frame, Decrypted(offset, kFrameBytes));
    const uint64_t bytes = LoadBig32(frame.data() + kRecordMark.size());
    if (!absl::StartsWith(frame, kRecordMark) || bytes > kLargestRecord || bytes > size - offset - kFrameBytes) {
      return std::optional<std::string>();
    }
    ASSIGN_OR_RETURN(std::string record, Decrypted(offset + kFrameBytes, bytes));
    const std::string code = Code(key, offset, record);
    if (CRYPTO_memcmp(code.data(), frame.data() + kRecordMark.size() + 4, kCodeBytes) != 0) {
      return std::optional<std::string>();
    }
    return std::optional<std::string>(std::move(record));
  }
  // Whether a sound record begins after `offset`: then what is there is damage, not a torn end.
  absl::StatusOr<bool> AnyRecordAfter(uint64_t offset) const {
    constexpr size_t kPiece = 4 << 20;
    for (uint64_t at = offset + 1; at < size; at += kPiece) {
      ASSIGN_OR_RETURN(const std::string piece,
                       Decrypted(at, std::min<uint64_t>(kPiece + kRecordMark.size() - 1, size - at)));
      for (size_t found = piece.find(kRecordMark.data(), 0, kRecordMark.size()); found != std::string::npos;
           found = piece.find(kRecordMark.data(), found + 1, kRecordMark.size())) {
        ASSIGN_OR_RETURN(const auto record, RecordAt(at + found));
        if (record) return true;
      }
    }
    return false;
  }

  Descriptor file;
  uint64_t number = 0, size = 0, head_bytes = 0;
  std::string path;
  SecretBytes key;
};

JournalReader::JournalReader(JournalOptions options, uint64_t first_segment)
    : options_(std::move(options)), first_segment_(first_segment) {}
JournalReader::~JournalReader() = default;

absl::StatusOr<const JournalReader::Segment*> JournalReader::OpenSegment(uint64_t number) {
  if (open_ != nullptr && open_->number == number) return open_.get();
  auto segment = std::make_unique<Segment>();
  segment->number = number;
  segment->path = PathOf(options_.directory, number);
  segment->file = Descriptor(open(segment->path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!segment->file.is_open() && errno == ENOENT)
    return absl::NotFoundError(absl::StrCat(segment->path, " is missing"));
  if (!segment->file.is_open()) return Failed("open", segment->path);
  struct stat facts;
  if (fstat(segment->file.get(), &facts) != 0) return Failed("look at", segment->path);
  segment->size = static_cast<uint64_t>(facts.st_size);
  RETURN_IF_ERROR(ReadHead(segment.get()));
  open_ = std::move(segment);
  return open_.get();
}

absl::Status JournalReader::ReadHead(Segment* segment) {
  if (segment->size < kOldHeadBytes) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string head, segment->Read(0, std::min<uint64_t>(segment->size, kHeadBytes)));
  const bool has_epoch = head.compare(0, kMagic.size(), kMagic.data(), kMagic.size()) == 0;
  if (!has_epoch && head.compare(0, kMagic.size(), kMagicOfOneKey.data(), kMagic.size()) != 0) {
    return absl::DataLossError(absl::StrCat(segment->path, " is no journal, or its head is damaged"));
  }
  if (has_epoch && head.size() < kHeadBytes) return absl::OkStatus();
  const std::optional<uint32_t> epoch = has_epoch ? ReadEpochField(absl::string_view(head).substr(kOldHeadBytes)) : 0;
  if (!epoch) return absl::DataLossError(absl::StrCat(segment->path, ": its head is damaged"));
  ASSIGN_OR_RETURN(const SecretBytes key, options_.keys->Find(*epoch));
  segment->key = DeriveFileKey(key.view(), head.substr(kMagic.size(), kFileSaltBytes));
  if (head.substr(kMagic.size() + kFileSaltBytes, kCheckBytes) != HeadCheck(segment->key)) {
    return absl::FailedPreconditionError(absl::StrCat(segment->path, " was written with another key"));
  }
  segment->head_bytes = has_epoch ? kHeadBytes : kOldHeadBytes;
  return absl::OkStatus();
}

absl::Status JournalReader::VisitSegment(const Segment& segment, const Visitor& visit) {
  if (segment.head_bytes == 0) return absl::OkStatus();  // the crash came while it was begun
  uint64_t offset = segment.head_bytes;
  while (offset < segment.size) {
    ASSIGN_OR_RETURN(const auto record, segment.RecordAt(offset));
    if (!record) {
      ASSIGN_OR_RETURN(const bool damaged, segment.AnyRecordAfter(offset));
      if (damaged) return absl::DataLossError(absl::StrCat(segment.path, " is damaged"));
      return absl::OkStatus();
    }
    const uint64_t at = offset + kFrameBytes;
    offset = at + record->size();
    RETURN_IF_ERROR(visit(*record, {segment.number, at, static_cast<uint32_t>(record->size())}));
  }
  return absl::OkStatus();
}

absl::Status JournalReader::Visit(const Visitor& visit) {
  uint64_t last = first_segment_;
  ASSIGN_OR_RETURN(const std::vector<uint64_t> there, JournalSegments(options_.directory));
  if (!there.empty()) last = std::max(last, there.back());
  for (uint64_t number = first_segment_; number <= last; ++number) {
    ASSIGN_OR_RETURN(const Segment* const segment, OpenSegment(number));
    RETURN_IF_ERROR(VisitSegment(*segment, visit));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> JournalReader::Read(const JournalPlace& place) {
  ASSIGN_OR_RETURN(const Segment* const segment, OpenSegment(place.segment));
  return segment->Decrypted(place.offset, place.size);
}

}  // namespace sabun
