#include "engine/audit/log_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/disk_file.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxLineBytes = 64 << 10;
constexpr absl::string_view kPrefix = "audit-", kSuffix = ".log";

absl::Status Failed(absl::string_view doing, const std::string& path) { return DiskError("audit log", doing, path); }

}  // namespace

std::string AuditSegmentPath(const std::string& directory, uint64_t first_sequence) {
  return absl::StrCat(directory, "/", absl::StrFormat("%s%012d%s", kPrefix, first_sequence, kSuffix));
}

absl::StatusOr<std::vector<AuditSegment>> ListAuditSegments(const std::string& directory) {
  std::vector<AuditSegment> segments;
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListFolder(directory));
  for (const std::string& path : paths) {
    const std::string name = fs::path(path).filename();
    if (!absl::StartsWith(name, kPrefix) || !absl::EndsWith(name, kSuffix)) continue;
    AuditSegment segment{path, 0};
    const absl::string_view digits(name);
    if (absl::SimpleAtoi(digits.substr(kPrefix.size(), digits.size() - kPrefix.size() - kSuffix.size()),
                         &segment.first_sequence)) {
      segments.push_back(segment);
    }
  }
  std::sort(segments.begin(), segments.end(),
            [](const auto& a, const auto& b) { return a.first_sequence < b.first_sequence; });
  return segments;
}

absl::Status ReadAuditLines(const std::string& path, const std::function<absl::Status(const RawAuditLine&)>& take) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr) return Failed("read", path);
  std::string line(kMaxLineBytes, '\0');
  uint64_t offset = 0;
  size_t filled = 0;
  for (;;) {
    const size_t got = std::fread(line.data() + filled, 1, line.size() - filled, file.get());
    if (std::ferror(file.get()) != 0) return Failed("read", path);
    filled += got;
    absl::string_view rest(line.data(), filled);
    for (size_t end = rest.find('\n'); end != absl::string_view::npos; end = rest.find('\n')) {
      RETURN_IF_ERROR(take({rest.substr(0, end), true, offset}));
      offset += end + 1;
      rest.remove_prefix(end + 1);
    }
    if (got == 0 && !rest.empty() && rest.size() < kMaxLineBytes) return take({rest, false, offset});
    if (got == 0 && rest.empty()) return absl::OkStatus();
    if (rest.size() == kMaxLineBytes) return absl::DataLossError(absl::StrCat("audit log: a line too long in ", path));
    filled = rest.size();
    std::memmove(line.data(), rest.data(), filled);
  }
}

absl::Status WriteAgain(const std::string& path, uint64_t begin, uint64_t end) {
  if (begin == end) return absl::OkStatus();
  const Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return Failed("open", path);
  std::string piece;
  for (uint64_t at = begin; at < end; at += piece.size()) {
    piece.resize(std::min<uint64_t>(kMaxLineBytes, end - at));
    if (!ReadAllAt(file.get(), at, piece.data(), piece.size()) ||
        lseek(file.get(), static_cast<off_t>(at), SEEK_SET) < 0 || !WriteAll(file.get(), piece)) {
      return Failed("write", path);
    }
  }
  return fdatasync(file.get()) == 0 ? absl::OkStatus() : Failed("write", path);
}

AuditAppender::~AuditAppender() {
  if (file_ >= 0) close(file_);
}

absl::Status AuditAppender::Open(const std::string& path) {
  if (file_ >= 0) close(file_);
  file_ = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return Failed("open", path);
  struct stat facts {};
  if (fstat(file_, &facts) != 0) return Failed("open", path);
  if (!SyncFolder(fs::path(path).parent_path())) return Failed("sync the folder of", path);
  size_ = static_cast<uint64_t>(facts.st_size);
  return absl::OkStatus();
}

absl::Status AuditAppender::Append(absl::string_view line) {
  if (broken_) return absl::UnavailableError("audit log: an earlier write failed; restart sabund");
  // A longer one could be written, and then nothing behind it could be read any more.
  if (line.size() > kMaxLineBytes) return absl::InvalidArgumentError("audit log: an entry has more than 64 KiB");
  const ssize_t written = write(file_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    size_ += line.size();
    return absl::OkStatus();
  }
  if (written >= 0) errno = ENOSPC;  // a short write: nothing more fits
  const absl::Status failure = Failed("write", "the entry");
  if (ftruncate(file_, static_cast<off_t>(size_)) != 0) broken_ = true;
  return failure;
}

absl::Status AuditAppender::Sync() {
  if (broken_) return absl::UnavailableError("audit log: an earlier write failed; restart sabund");
  if (fdatasync(file_) == 0) return absl::OkStatus();
  broken_ = true;
  return Failed("sync", "the log");
}

}  // namespace sabun
