#include "engine/store/rocks_files.h"

#include <rocksdb/metadata.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/utilities/checkpoint.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/disk_file.h"
#include "engine/base/status_macros.h"
#include "engine/store/rocks_file_code.h"

namespace sabun {
namespace {

// The info log would stay in the clear and holds keys in hex: nothing of it is kept.
class SilentLogger : public rocksdb::Logger {
 public:
  SilentLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

std::vector<rocksdb::LiveFileMetaData> TableFiles(rocksdb::DB* db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  return files;
}

bool IsInUse(rocksdb::DB* db, const std::string& name) {
  for (const rocksdb::LiveFileMetaData& file : TableFiles(db)) {
    if (file.name == name) return true;
  }
  return false;
}

absl::Status VerifyTableFile(rocksdb::DB* db, rocksdb::Env* env, const rocksdb::LiveFileMetaData& file, Pace* pace) {
  rocksdb::Options options = db->GetOptions();
  if (options.file_checksum_gen_factory != nullptr && HasFileCode(file)) {
    return VerifyFileCode({file, env, options.file_checksum_gen_factory.get()}, pace);
  }
  options.env = env;
  rocksdb::SstFileReader reader(options);
  RETURN_IF_ERROR(RocksStatus(reader.Open(file.db_path + file.name), "verify"));
  rocksdb::ReadOptions reading;
  reading.readahead_size = 2 << 20;
  reading.fill_cache = false;
  RETURN_IF_ERROR(RocksStatus(reader.VerifyChecksum(reading), "verify"));
  return pace->Spend(file.size);
}

}  // namespace

// RocksDB's own text may name keys in hex, so only its kind of error is passed on.
absl::Status RocksStatus(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat("store: ", doing, ": ");
  if (status.IsCorruption()) return absl::DataLossError(text + "a stored file is damaged");
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text + "the disk is full");
  if (status.IsInvalidArgument()) return absl::FailedPreconditionError(text + status.ToString());
  return absl::UnavailableError(absl::StrCat(text, "the disk failed (", static_cast<int>(status.code()), "/",
                                             static_cast<int>(status.subcode()), ")"));
}

absl::Status VerifyTableFiles(rocksdb::DB* db, rocksdb::Env* env, Pace* pace) {
  uint64_t damaged = 0;
  std::string first;
  for (const rocksdb::LiveFileMetaData& file : TableFiles(db)) {
    const absl::Status status = VerifyTableFile(db, env, file, pace);
    if (absl::IsCancelled(status)) return status;
    if (status.ok() || !IsInUse(db, file.name)) continue;
    if (!absl::IsDataLoss(status) && FileExists(file.db_path + file.name).value_or(true)) return status;
    if (damaged++ == 0) first = file.name;
  }
  if (damaged == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(damaged, " files of the store are damaged or missing, the first is ", first));
}

std::shared_ptr<rocksdb::Logger> NewSilentLogger() { return std::make_shared<SilentLogger>(); }

absl::Status LinkFiles(rocksdb::DB* db, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), error);
  if (error) return absl::UnavailableError(absl::StrCat("store: cannot make ", directory));
  rocksdb::Checkpoint* made = nullptr;
  RETURN_IF_ERROR(RocksStatus(rocksdb::Checkpoint::Create(db, &made), "copy"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  return RocksStatus(checkpoint->CreateCheckpoint(directory, /*log_size_for_flush=*/0), "copy");
}

}  // namespace sabun
