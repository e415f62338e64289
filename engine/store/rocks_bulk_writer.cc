#include "engine/store/rocks_bulk_writer.h"

#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/ordered_jobs.h"
#include "engine/base/status_macros.h"
#include "engine/store/rocks_defects.h"
#include "engine/store/rocks_files.h"

namespace sabun {
namespace {

class RocksBulkWriter : public BulkWriter {
 public:
  RocksBulkWriter(const FamilyAccess& access, rocksdb::Env* env, std::string path_prefix)
      : db_(access.db),
        family_(access.family),
        failure_(access.failure),
        name_(access.name),
        seal_(TakeSeal(access.seals)),
        env_(env),
        path_prefix_(std::move(path_prefix)) {}
  ~RocksBulkWriter() override {
    building_.Drain().IgnoreError();
    writer_.reset();
    closing_.Drain().IgnoreError();
    for (const std::string& path : paths_) env_->DeleteFile(path).PermitUncheckedError();
  }

  absl::Status Add(absl::string_view key, absl::string_view value) override {
    if (entries_.empty()) entries_.reserve(kEntryBytes + kEntryBytes / 8);
    AppendSized(key, &entries_);
    AppendSized(value, &entries_);
    return entries_.size() < kEntryBytes ? absl::OkStatus() : HandOver();
  }

  absl::Status Finish() override {
    RETURN_IF_ERROR(HandOver());
    RETURN_IF_ERROR(building_.Drain());
    if (writer_ != nullptr) RETURN_IF_ERROR(CloseFile());
    if (paths_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(closing_.Drain());
    RETURN_IF_ERROR(failure_->Health());
    rocksdb::IngestExternalFileArg files;
    files.column_family = family_;
    files.external_files = paths_;
    files.options.move_files = true;
    files.options.write_global_seqno = false;
    files.options.verify_checksums_before_ingest = false;  // CheckFile has done it
    // Otherwise RocksDB would read every file again to find its code.
    files.options.verify_file_checksum = false;
    for (const rocksdb::ExternalSstFileInfo& file : written_) {
      files.files_checksums.push_back(file.file_checksum);
      files.files_checksum_func_names.push_back(file.file_checksum_func_name);
    }
    AwaitQuietBottom(db_, family_);
    RETURN_IF_ERROR(failure_->Note(RocksStatus(db_->IngestExternalFiles({files}), "ingest")));
    paths_.clear();
    return FindWritten();
  }

 private:
  static constexpr size_t kEntryBytes = 1 << 20;  // that are handed over at once
  static constexpr size_t kFileBytes = 64 << 20;

  absl::Status HandOver() {
    return building_.Add([this, entries = std::move(entries_)]() -> absl::Status {
      absl::string_view rest = entries, key, value;
      while (TakeSized(&rest, &key) && TakeSized(&rest, &value)) RETURN_IF_ERROR(Write(key, value));
      return absl::OkStatus();
    });
  }

  absl::Status Write(absl::string_view key, absl::string_view value) {
    if (writer_ == nullptr) RETURN_IF_ERROR(OpenFile());
    if (seal_ != nullptr && RowSeal::Covers({name_, key})) {
      sealed_.assign(value.data(), value.size());
      const absl::string_view seal = seal_->Make({name_, key}, value);
      value = sealed_.append(seal.data(), seal.size());
    }
    RETURN_IF_ERROR(NoteFile(RocksStatus(writer_->Put(ToSlice(key), ToSlice(value)), "bulk write")));
    bytes_ += key.size() + value.size();
    if (bytes_ >= kFileBytes) return CloseFile();
    return absl::OkStatus();
  }

  // A full disk costs this snapshot only: nobody reads the file yet. Any other failure may meet the next write, too.
  absl::Status NoteFile(absl::Status status) {
    return absl::IsResourceExhausted(status) ? status : failure_->Note(std::move(status));
  }

  absl::Status OpenFile() {
    rocksdb::Options options = db_->GetOptions(family_);
    options.env = env_;
    writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options, family_,
                                                       /*invalidate_page_cache=*/false);
    paths_.push_back(absl::StrCat(path_prefix_, paths_.size(), ".sst"));
    bytes_ = 0;
    return NoteFile(RocksStatus(writer_->Open(paths_.back()), "bulk write"));
  }

  absl::Status CloseFile() {
    return closing_.Add([this, writer = std::shared_ptr(std::move(writer_)), path = paths_.back()]() -> absl::Status {
      RETURN_IF_ERROR(NoteFile(RocksStatus(writer->Finish(&written_.emplace_back()), "bulk write")));
      RETURN_IF_ERROR(NoteFile(CheckFile(path)));
      if (name_ == Family::kChanges) DropPages(path);
      return absl::OkStatus();
    });
  }

  // Reads the file back.
  absl::Status CheckFile(const std::string& path) {
    rocksdb::Options options = db_->GetOptions(family_);
    options.env = env_;
    rocksdb::SstFileReader reader(options);
    RETURN_IF_ERROR(RocksStatus(reader.Open(path), "bulk check"));
    return RocksStatus(reader.VerifyChecksum(), "bulk check");
  }

  // Bodies are read once, much later and in their order: in the system's memory they would push out the index. And
  // memory that was just given back is written to several times faster than what a virtual machine's host has to find.
  void DropPages(const std::string& path) {
    std::unique_ptr<rocksdb::RandomAccessFile> file;
    if (!env_->NewRandomAccessFile(path, &file, rocksdb::EnvOptions()).ok()) return;
    file->InvalidateCache(0, 0).PermitUncheckedError();  // only advice
  }

  // That look-ups reach every file: RocksDB read each for its bounds, and passes over what it finds wrong then.
  absl::Status FindWritten() {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    for (const rocksdb::ExternalSstFileInfo& file : written_) {
      for (const std::string& key : {file.smallest_key, file.largest_key}) {
        std::string value;
        const rocksdb::Status found = db_->Get(options, family_, key, &value);
        if (found.IsNotFound()) {
          return failure_->Note(absl::DataLossError("store: what was written in bulk is not found"));
        }
        RETURN_IF_ERROR(RocksStatus(found, "bulk check"));
      }
    }
    return absl::OkStatus();
  }

  rocksdb::DB* db_;
  rocksdb::ColumnFamilyHandle* family_;
  FailureLatch* failure_;
  const Family name_;
  const RowSeals::Taken seal_;
  rocksdb::Env* env_;
  std::string path_prefix_;
  std::vector<std::string> paths_;
  std::vector<rocksdb::ExternalSstFileInfo> written_;  // by the closing thread, in the order of the paths
  std::string entries_;                                // keys and values, sized, that were not handed over yet
  // What follows, and the paths, are the building thread's until it is drained.
  std::string sealed_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  size_t bytes_ = 0;
  OrderedJobs building_{2};  // seals, compresses and encrypts while entries are added
  OrderedJobs closing_{4};   // syncs and checks files while the next ones are written
};

}  // namespace

std::unique_ptr<BulkWriter> NewRocksBulkWriter(const FamilyAccess& access, rocksdb::Env* env, std::string path_prefix) {
  return std::make_unique<RocksBulkWriter>(access, env, std::move(path_prefix));
}

}  // namespace sabun
