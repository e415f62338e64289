#include "engine/store/backup_folder.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/disk_file.h"
#include "engine/base/status_macros.h"
#include "engine/base/whole_numbers.h"
#include "engine/store/ctr_cipher.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr absl::string_view kTitle = "sabun backups 1\n";
constexpr size_t kSaltAt = 8;  // in the head of a store's file
constexpr size_t kPiece = 1 << 20;
constexpr size_t kMaxIdDigits = 12;

absl::Status Failed(absl::string_view doing, const std::string& path) { return DiskError("backup", doing, path); }

class Sha256Hex {
 public:
  Sha256Hex() { SABUN_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1); }
  void Update(absl::string_view bytes) {
    SABUN_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  std::string Finish() {
    unsigned char digest[32];
    SABUN_CHECK(EVP_DigestFinal_ex(context_.get(), digest, nullptr) == 1);
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : path_(path), file_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}

  bool ok() const { return file_.is_open(); }
  // Empty at the end.
  absl::StatusOr<absl::string_view> Read() {
    buffer_.resize(kPiece);
    const ssize_t size = ReadSome(file_.get(), buffer_.data(), buffer_.size());
    if (size < 0) return Failed("read", path_);
    return absl::string_view(buffer_.data(), static_cast<size_t>(size));
  }
  absl::Status Write(absl::string_view bytes) {
    return WriteAll(file_.get(), bytes) ? absl::OkStatus() : Failed("write", path_);
  }
  absl::Status Sync() { return fsync(file_.get()) == 0 ? absl::OkStatus() : Failed("sync", path_); }

 private:
  std::string path_, buffer_;
  Descriptor file_;
};

absl::Status SyncDirectory(const std::string& path) {
  return SyncFolder(path) ? absl::OkStatus() : Failed("sync", path);
}

// Durable as a whole, or not there.
absl::Status WriteWhole(const std::string& path, absl::string_view bytes) {
  const std::string unfinished = path + ".new";
  OpenFile file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.ok()) return Failed("make", unfinished);
  RETURN_IF_ERROR(file.Write(bytes));
  RETURN_IF_ERROR(file.Sync());
  if (rename(unfinished.c_str(), path.c_str()) != 0) return Failed("name", path);
  return SyncDirectory(fs::path(path).parent_path());
}

// Errors: NOT_FOUND, UNAVAILABLE.
absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  OpenFile file(path, O_RDONLY);
  if (!file.ok() && (errno == ENOENT || errno == ENOTDIR))
    return absl::NotFoundError(absl::StrCat(path, " is missing"));
  if (!file.ok()) return Failed("open", path);
  std::string bytes;
  while (true) {
    ASSIGN_OR_RETURN(const absl::string_view piece, file.Read());
    if (piece.empty()) return bytes;
    bytes.append(piece.data(), piece.size());
  }
}

// What a making that failed left counts as nothing.
absl::StatusOr<bool> HoldsNothing(const std::string& path) {
  ASSIGN_OR_RETURN(const std::vector<std::string> there, ListFolder(path));
  for (const std::string& one : there) {
    const std::string name = fs::path(one).filename();
    if (name == "SABUN-BACKUPS.new") continue;
    if (name != "files" && name != "backups") return false;
    ASSIGN_OR_RETURN(const std::vector<std::string> within, ListFolder(one));
    if (!within.empty()) return false;
  }
  return true;
}

Json ToJson(const BackupManifest& manifest) {
  Json datasets = Json::array(), files = Json::array();
  for (const BackupDataset& dataset : manifest.datasets) {
    datasets.push_back({{"name", dataset.name},
                        {"records", dataset.records},
                        {"accepted_records", dataset.accepted_records},
                        {"newest_change_set", dataset.newest_change_set}});
  }
  for (const BackupFile& file : manifest.files) {
    files.push_back({{"name", file.name}, {"stored", file.stored}, {"size", file.size}, {"sha256", file.sha256}});
  }
  return {{"id", manifest.id},
          {"created_at", manifest.created_at},
          {"engine_version", manifest.engine_version},
          {"journal_directory", manifest.journal_directory},
          {"journal_segment", manifest.journal_segment},
          {"datasets", datasets},
          {"files", files},
          {"bytes", manifest.bytes},
          {"new_bytes", manifest.new_bytes}};
}

BackupManifest FromJson(const Json& json) {
  BackupManifest manifest;
  json.at("id").get_to(manifest.id);
  json.at("created_at").get_to(manifest.created_at);
  json.at("engine_version").get_to(manifest.engine_version);
  json.at("journal_directory").get_to(manifest.journal_directory);
  json.at("journal_segment").get_to(manifest.journal_segment);
  for (const Json& dataset : json.at("datasets")) {
    manifest.datasets.push_back(
        {dataset.at("name"), dataset.at("records"), dataset.at("accepted_records"), dataset.at("newest_change_set")});
  }
  for (const Json& file : json.at("files")) {
    manifest.files.push_back({file.at("name"), file.at("stored"), file.at("size"), file.at("sha256")});
  }
  json.at("bytes").get_to(manifest.bytes);
  json.at("new_bytes").get_to(manifest.new_bytes);
  return manifest;
}

bool IsHex(absl::string_view text, size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

// The digest shows damage, not intent: anybody can compute it. So a manifest leads nowhere but into its own folder and
// into the directory that it is laid out in.
bool LeadsNowhereElse(const BackupManifest& manifest, const std::string& path) {
  return !manifest.id.empty() && manifest.id == fs::path(path).stem() &&
         manifest.id.find_first_not_of("0123456789") == std::string::npos && manifest.id.size() <= kMaxIdDigits &&
         std::all_of(manifest.files.begin(), manifest.files.end(), [](const BackupFile& file) {
           return !file.name.empty() && file.name[0] != '.' && file.name.find('/') == std::string::npos &&
                  file.name.find('\0') == std::string::npos && IsHex(file.stored, 2 * kFileSaltBytes);
         });
}

std::string Sha256Of(absl::string_view bytes) {
  Sha256Hex digest;
  digest.Update(bytes);
  return digest.Finish();
}

absl::StatusOr<BackupManifest> ReadManifest(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(path));
  return ParseBackupManifest(bytes, path);
}

}  // namespace

// The manifest carries the digest of its own text. nlohmann reports by exception; it ends here.
absl::StatusOr<BackupManifest> ParseBackupManifest(absl::string_view bytes, const std::string& path) {
  try {
    const Json json = Json::parse(bytes, WholeNumbersOnly<Json>);
    if (json.at("sha256") == Sha256Of(json.at("backup").dump())) {
      BackupManifest manifest = FromJson(json.at("backup"));
      if (LeadsNowhereElse(manifest, path)) return manifest;
    }
  } catch (const Json::exception&) {
  }
  return absl::DataLossError(absl::StrCat("backup: the manifest ", path, " is damaged"));
}

absl::StatusOr<BackupFolder> BackupFolder::Open(const std::string& path) {
  if (!fs::path(path).is_absolute()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the backup folder must be an absolute path on the engine's machine, not ", path));
  }
  const absl::StatusOr<std::string> title = ReadWhole(path + "/SABUN-BACKUPS");
  if (title.ok() && *title == kTitle) return BackupFolder(path);
  if (!title.ok() && !absl::IsNotFound(title.status())) return title.status();
  const absl::StatusOr<bool> holds_nothing = HoldsNothing(path);
  if (absl::IsNotFound(holds_nothing.status()) || (holds_nothing.ok() && *holds_nothing)) {
    return absl::NotFoundError(absl::StrCat("there are no backups in ", path));
  }
  RETURN_IF_ERROR(holds_nothing.status());
  return absl::FailedPreconditionError(absl::StrCat(path, " is not empty and not a folder of backups"));
}

absl::StatusOr<BackupFolder> BackupFolder::OpenOrMake(const std::string& path) {
  absl::StatusOr<BackupFolder> there = Open(path);
  if (!absl::IsNotFound(there.status())) return there;
  for (const char* const folder : {"", "/files", "/backups"}) RETURN_IF_ERROR(MakeFolder(path + folder));
  RETURN_IF_ERROR(WriteWhole(path + "/SABUN-BACKUPS", kTitle));
  return BackupFolder(path);
}

std::string BackupFolder::StoredPath(absl::string_view stored) const { return absl::StrCat(path_, "/files/", stored); }

absl::StatusOr<std::vector<BackupManifest>> BackupFolder::List() const {
  std::vector<BackupManifest> manifests;
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListFolder(path_ + "/backups"));
  for (const std::string& path : paths) {
    if (!absl::EndsWith(path, ".json")) continue;
    ASSIGN_OR_RETURN(manifests.emplace_back(), ReadManifest(path));
  }
  std::sort(manifests.begin(), manifests.end(),
            [](const BackupManifest& a, const BackupManifest& b) { return a.id < b.id; });
  return manifests;
}

absl::StatusOr<BackupManifest> BackupFolder::Find(absl::string_view id) const {
  ASSIGN_OR_RETURN(const std::vector<BackupManifest> manifests, List());
  for (auto manifest = manifests.rbegin(); manifest != manifests.rend(); ++manifest) {
    if (id.empty() || manifest->id == id) return *manifest;
  }
  return absl::NotFoundError(absl::StrCat("there is no backup ", id, " in ", path_));
}

// Copies the file to a name that only a finished copy gets.
absl::StatusOr<BackupFile> BackupFolder::Take(const std::string& path, Pace* pace) const {
  OpenFile from(path, O_RDONLY);
  if (!from.ok()) return Failed("open", path);
  BackupFile taken;
  Sha256Hex digest;
  std::unique_ptr<OpenFile> to;
  std::string unfinished;
  while (true) {
    ASSIGN_OR_RETURN(const absl::string_view piece, from.Read());
    if (to == nullptr) {
      if (piece.size() < kSaltAt + kFileSaltBytes) {
        return absl::DataLossError(absl::StrCat("backup: ", path, " is no file of a store"));
      }
      taken.stored = absl::BytesToHexString(piece.substr(kSaltAt, kFileSaltBytes));
      unfinished = StoredPath(taken.stored) + ".new";
      to = std::make_unique<OpenFile>(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
      if (!to->ok()) return Failed("make", unfinished);
    }
    if (piece.empty()) break;
    RETURN_IF_ERROR(to->Write(piece));
    digest.Update(piece);
    taken.size += piece.size();
    RETURN_IF_ERROR(pace->Spend(piece.size()));
  }
  RETURN_IF_ERROR(to->Sync());
  if (rename(unfinished.c_str(), StoredPath(taken.stored).c_str()) != 0) return Failed("name", unfinished);
  taken.sha256 = digest.Finish();
  return taken;
}

absl::Status BackupFolder::WriteManifest(const BackupManifest& manifest) const {
  const Json json = ToJson(manifest);
  const Json whole = {{"backup", json}, {"sha256", Sha256Of(json.dump())}};
  return WriteWhole(absl::StrCat(path_, "/backups/", manifest.id, ".json"), whole.dump(1) + "\n");
}

absl::StatusOr<BackupManifest> BackupFolder::Add(const std::string& directory, BackupManifest manifest, Pace* pace) {
  ASSIGN_OR_RETURN(const std::vector<BackupManifest> before, List());
  std::map<std::string, BackupFile> known;  // by what it is stored as
  for (const BackupManifest& one : before) {
    for (const BackupFile& file : one.files) known[file.stored] = file;
  }
  manifest.id = absl::StrFormat("%06d", before.empty() ? 1 : std::stoll(before.back().id) + 1);
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListFolder(directory));
  for (const std::string& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::string head(kSaltAt + kFileSaltBytes, '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    // A salt is drawn for every file that is made, and such files are never written again once a store is copied.
    const auto found = known.find(absl::BytesToHexString(head.substr(kSaltAt)));
    std::error_code error;
    BackupFile file;
    if (found != known.end() && found->second.size == fs::file_size(path, error) &&
        fs::file_size(StoredPath(found->first), error) == found->second.size) {
      file = found->second;
    } else {
      ASSIGN_OR_RETURN(file, Take(path, pace));
      manifest.new_bytes += file.size;
    }
    file.name = fs::path(path).filename();
    manifest.bytes += file.size;
    manifest.files.push_back(std::move(file));
  }
  RETURN_IF_ERROR(SyncDirectory(path_ + "/files"));
  RETURN_IF_ERROR(WriteManifest(manifest));
  return manifest;
}

absl::Status BackupFolder::Check(const BackupManifest& manifest, Pace* pace) const {
  for (const BackupFile& file : manifest.files) {
    const auto damaged = [&](absl::string_view what) {
      return absl::DataLossError(
          absl::StrCat("backup ", manifest.id, ": the file ", file.name, " (files/", file.stored, ") ", what));
    };
    OpenFile in(StoredPath(file.stored), O_RDONLY);
    if (!in.ok() && errno == ENOENT) return damaged("is missing");
    if (!in.ok()) return Failed("open", StoredPath(file.stored));
    Sha256Hex digest;
    uint64_t size = 0;
    while (true) {
      ASSIGN_OR_RETURN(const absl::string_view piece, in.Read());
      if (piece.empty()) break;
      digest.Update(piece);
      size += piece.size();
      RETURN_IF_ERROR(pace->Spend(piece.size()));
    }
    if (size != file.size || digest.Finish() != file.sha256) return damaged("is not what was written");
  }
  return absl::OkStatus();
}

absl::Status BackupFolder::LayOut(const BackupManifest& manifest, const std::string& directory) const {
  std::error_code error;
  fs::create_directories(directory, error);
  for (const BackupFile& file : manifest.files) {
    if (!error) fs::create_symlink(StoredPath(file.stored), absl::StrCat(directory, "/", file.name), error);
  }
  errno = error.value();
  return error ? Failed("lay out", directory) : absl::OkStatus();
}

absl::Status BackupFolder::EraseUnused() {
  ASSIGN_OR_RETURN(const std::vector<BackupManifest> manifests, List());
  std::set<std::string> used;
  for (const BackupManifest& manifest : manifests) {
    for (const BackupFile& file : manifest.files) used.insert(file.stored);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> files, ListFolder(path_ + "/files"));
  for (const std::string& path : files) {
    if (!used.contains(fs::path(path).filename()) && unlink(path.c_str()) != 0) return Failed("erase", path);
  }
  return SyncDirectory(path_ + "/files");
}

absl::Status BackupFolder::KeepNewest(size_t count) {
  ASSIGN_OR_RETURN(const std::vector<BackupManifest> manifests, List());
  for (size_t i = 0; i + count < manifests.size(); ++i) {
    const std::string path = absl::StrCat(path_, "/backups/", manifests[i].id, ".json");
    if (unlink(path.c_str()) != 0) return Failed("erase", path);
  }
  RETURN_IF_ERROR(SyncDirectory(path_ + "/backups"));
  return EraseUnused();
}

}  // namespace sabun
