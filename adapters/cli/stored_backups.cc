#include "adapters/cli/stored_backups.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/status_macros.h"
#include "nlohmann/json.hpp"

namespace sabun::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPiece = 1 << 20;

absl::Status DiskError(const std::string& path) {
  const std::string why = std::strerror(errno);
  return client::LocalizedError(absl::StatusCode::kUnavailable,
                                {"DISK", absl::StrCat(path, ": 読み書きできません (", why, ")"),
                                 absl::StrCat(path, ": cannot be read or written (", why, ")")});
}

absl::Status Damaged(const std::string& path) {
  return client::LocalizedError(
      absl::StatusCode::kDataLoss,
      {"BACKUP-DAMAGED", absl::StrCat(path, ": バックアップが壊れています。ほかの版を --backup で選んでください。"),
       absl::StrCat(path, ": the backup is damaged. Choose another one with --backup.")});
}

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void Update(absl::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string Hex() {
    unsigned char digest[32];
    EVP_DigestFinal_ex(context_.get(), digest, nullptr);
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

struct Descriptor {
  explicit Descriptor(int opened) : file(opened) {}
  ~Descriptor() {
    if (file >= 0) ::close(file);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int file;
};

absl::Status Sync(const std::string& path) {
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return opened.file >= 0 && ::fsync(opened.file) == 0 ? absl::OkStatus() : DiskError(path);
}

absl::Status WriteAll(int file, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(file, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return DiskError(path);
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return ::fsync(file) == 0 ? absl::OkStatus() : DiskError(path);
}

// Returns size and digest of what was copied, durably.
absl::StatusOr<StoredBackup::File> Copy(const std::string& from, const std::string& to,
                                        const std::function<absl::Status(uint64_t)>& spend) {
  const Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.file < 0) return DiskError(from);
  const Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (out.file < 0) return DiskError(to);
  StoredBackup::File copied;
  Sha256 digest;
  std::string piece(kPiece, '\0');
  while (true) {
    const ssize_t size = ::read(in.file, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return DiskError(from);
    if (size == 0) break;
    const absl::string_view bytes(piece.data(), static_cast<size_t>(size));
    for (absl::string_view rest = bytes; !rest.empty();) {
      const ssize_t written = ::write(out.file, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) return DiskError(to);
      if (written > 0) rest.remove_prefix(static_cast<size_t>(written));
    }
    digest.Update(bytes);
    copied.size += bytes.size();
    RETURN_IF_ERROR(spend(bytes.size()));
  }
  if (::fsync(out.file) != 0) return DiskError(to);
  copied.sha256 = digest.Hex();
  return copied;
}

std::string SegmentName(uint64_t number) { return absl::StrFormat("%010u.journal", number); }

StoredBackup FromJson(const nlohmann::json& json) {
  StoredBackup backup;
  json.at("id").get_to(backup.id);
  json.at("engine_version").get_to(backup.engine_version);
  json.at("journal_directory").get_to(backup.journal_directory);
  json.at("created_at").get_to(backup.created_at);
  json.at("journal_segment").get_to(backup.journal_segment);
  json.at("bytes").get_to(backup.bytes);
  json.at("new_bytes").get_to(backup.new_bytes);
  for (const nlohmann::json& dataset : json.at("datasets")) {
    backup.datasets.push_back(
        {dataset.at("name"), dataset.at("records"), dataset.at("accepted_records"), dataset.at("newest_change_set")});
  }
  for (const nlohmann::json& file : json.at("files")) {
    backup.files.push_back({file.at("name"), file.at("stored"), file.at("sha256"), file.at("size")});
  }
  return backup;
}

// nlohmann reports by exception; it ends here.
absl::StatusOr<StoredBackup> ReadManifest(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  try {
    const nlohmann::json json = nlohmann::json::parse(bytes);
    Sha256 digest;
    digest.Update(json.at("backup").dump());
    if (json.at("sha256") == digest.Hex()) return FromJson(json.at("backup"));
  } catch (const nlohmann::json::exception&) {
  }
  return Damaged(path);
}

absl::Status TargetInUse(const std::string& path) {
  return client::LocalizedError(
      absl::StatusCode::kFailedPrecondition,
      {"RESTORE-TARGET", absl::StrCat(path, " は空ではありません。新しいディレクトリを指定してください。"),
       absl::StrCat(path, " is not empty. Name a new directory.")});
}

// What a restore that was interrupted left may be there, and what an engine made that was started on it and refused.
bool IsFree(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (name != "restoring" && name != "restored.json" && name != "spool" && name != "bulk" &&
        name.rfind("keyring", 0) != 0) {
      return false;
    }
  }
  return true;
}

absl::StatusOr<std::vector<uint64_t>> SegmentsFrom(const RestorePlan& plan) {
  std::vector<uint64_t> segments;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(plan.journal_from, error)) {
    const std::string name = entry.path().filename();
    const uint64_t number = std::strtoull(name.c_str(), nullptr, 10);
    if (number >= plan.backup.journal_segment && name == SegmentName(number)) segments.push_back(number);
  }
  std::sort(segments.begin(), segments.end());
  const bool whole = !segments.empty() && segments.front() == plan.backup.journal_segment &&
                     segments.back() - segments.front() + 1 == segments.size();
  if (whole && plan.backup.journal_segment != 0) return segments;
  return client::LocalizedError(
      absl::StatusCode::kFailedPrecondition,
      {"RESTORE-JOURNAL",
       absl::StrCat("送信の控え ", plan.journal_from, " にバックアップ ", plan.backup.id, " 以降のすべて(",
                    SegmentName(plan.backup.journal_segment),
                    " から)がそろっていません。最後に動いていたエンジンの控えを --sent-journal で指定してください。"),
       absl::StrCat("the sent journal ", plan.journal_from, " does not hold everything since backup ", plan.backup.id,
                    " (from ", SegmentName(plan.backup.journal_segment),
                    " on). Name that of the engine that ran last with --sent-journal.")});
}

std::string RestoreId() {
  std::random_device random;
  return absl::StrCat(absl::Hex(random(), absl::kZeroPad8), absl::Hex(random(), absl::kZeroPad8),
                      absl::Hex(random(), absl::kZeroPad8));
}

absl::Status CopyJournal(const RestorePlan& plan) {
  std::error_code error;
  if (fs::equivalent(plan.journal_from, plan.journal_into, error)) return absl::OkStatus();
  fs::create_directories(plan.journal_into, error);
  if (error) return DiskError(plan.journal_into);
  const auto free = [](uint64_t) { return absl::OkStatus(); };
  for (const uint64_t segment : plan.segments) {
    const std::string to = absl::StrCat(plan.journal_into, "/", SegmentName(segment));
    RETURN_IF_ERROR(Copy(absl::StrCat(plan.journal_from, "/", SegmentName(segment)), to, free).status());
  }
  return Sync(plan.journal_into);
}

// The folder's own copy is the newest that can open its backups. A folder from before there were rings has none.
absl::Status CopyKeyRing(const RestorePlan& plan) {
  const std::string from = plan.folder + "/keyring";
  if (!fs::exists(from)) return absl::OkStatus();
  const auto free = [](uint64_t) { return absl::OkStatus(); };
  return Copy(from, plan.data + "/keyring", free).status();
}

absl::Status WriteNote(const RestorePlan& plan) {
  const std::string path = plan.data + "/restored.json";
  const nlohmann::json note = {{"restore", RestoreId()},
                               {"backup", plan.backup.id},
                               {"backup_created_at", plan.backup.created_at},
                               {"journal_segment", plan.backup.journal_segment}};
  const Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  return out.file < 0 ? DiskError(path) : WriteAll(out.file, note.dump() + "\n", path);
}

}  // namespace

absl::StatusOr<std::vector<StoredBackup>> ListBackups(const std::string& folder) {
  std::vector<StoredBackup> backups;
  std::error_code error;
  if (!fs::exists(folder + "/SABUN-BACKUPS", error)) {
    return client::LocalizedError(absl::StatusCode::kNotFound,
                                  {"BACKUP-NONE", absl::StrCat(folder, " にバックアップはありません。"),
                                   absl::StrCat("there are no backups in ", folder, ".")});
  }
  for (const auto& entry : fs::directory_iterator(folder + "/backups", error)) {
    if (entry.path().extension() != ".json") continue;
    ASSIGN_OR_RETURN(StoredBackup backup, ReadManifest(entry.path()));
    backups.push_back(std::move(backup));
  }
  std::sort(backups.begin(), backups.end(), [](const StoredBackup& a, const StoredBackup& b) { return a.id < b.id; });
  return backups;
}

absl::StatusOr<RestorePlan> PlanRestore(RestorePlan plan) {
  if (!IsFree(plan.data)) return TargetInUse(plan.data);
  if (plan.journal_from.empty()) plan.journal_from = plan.backup.journal_directory;
  if (plan.journal_into.empty()) plan.journal_into = plan.data + ".sent";
  ASSIGN_OR_RETURN(plan.segments, SegmentsFrom(plan));
  std::error_code error;
  const bool same = fs::equivalent(plan.journal_from, plan.journal_into, error);
  if (same) return plan;
  // Copies of these segments may be there from a restore that was interrupted; others would be mixed up with them.
  for (const auto& entry : fs::directory_iterator(plan.journal_into, error)) {
    const std::string name = entry.path().filename();
    const bool ours = std::any_of(plan.segments.begin(), plan.segments.end(),
                                  [&](uint64_t segment) { return name == SegmentName(segment); });
    if (!ours) return TargetInUse(plan.journal_into);
  }
  return plan;
}

absl::Status Restore(const RestorePlan& plan, const std::function<bool(uint64_t)>& progress) {
  uint64_t done = 0;
  const auto spend = [&](uint64_t bytes) {
    done += bytes;
    return progress(done) ? absl::OkStatus() : absl::CancelledError("stopped");
  };
  const std::string unfinished = plan.data + "/restoring";
  std::error_code error;
  fs::remove_all(unfinished, error);
  fs::create_directories(unfinished, error);
  if (error) return DiskError(unfinished);
  for (const StoredBackup::File& file : plan.backup.files) {
    const std::string from = absl::StrCat(plan.folder, "/files/", file.stored);
    const std::string to = absl::StrCat(unfinished, "/", file.name);
    if (!fs::exists(from)) return Damaged(from);
    ASSIGN_OR_RETURN(const StoredBackup::File copied, Copy(from, to, spend));
    if (copied.size != file.size || copied.sha256 != file.sha256) return Damaged(from);
  }
  RETURN_IF_ERROR(Sync(unfinished));
  RETURN_IF_ERROR(CopyKeyRing(plan));
  RETURN_IF_ERROR(CopyJournal(plan));
  RETURN_IF_ERROR(WriteNote(plan));
  RETURN_IF_ERROR(Sync(plan.data));
  // Last: an engine finds a whole store with its note, or none.
  if (::rename(unfinished.c_str(), (plan.data + "/rocksdb").c_str()) != 0) return DiskError(plan.data);
  return Sync(plan.data);
}

}  // namespace sabun::cli
