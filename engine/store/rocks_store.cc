#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/store/commit_queue.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/file_head.h"
#include "engine/store/layout.h"
#include "engine/store/rocks_background.h"
#include "engine/store/rocks_bulk_writer.h"
#include "engine/store/rocks_encryption.h"
#include "engine/store/rocks_file_code.h"
#include "engine/store/rocks_files.h"
#include "engine/store/rocks_old_form.h"
#include "engine/store/rocks_opening.h"
#include "engine/store/rocks_options.h"
#include "engine/store/rocks_rewrite.h"
#include "engine/store/rocks_scan.h"
#include "engine/store/rocks_witness.h"
#include "engine/store/store.h"

namespace sabun {
namespace {

class RocksStore : public Store {
 public:
  ~RocksStore() override {
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    }
    if (db_ != nullptr) db_->Close().PermitUncheckedError();
  }

  absl::Status Open(const RocksStoreOptions& options);

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return GetAt(nullptr, family, key);
  }
  absl::StatusOr<std::optional<std::string>> GetAt(const rocksdb::Snapshot* snapshot, Family family,
                                                   absl::string_view key) {
    std::string value;
    const rocksdb::Status status = db_->Get(ReadOptions(snapshot), Of(family), ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    FailureLatch* const latch = snapshot == nullptr ? failure_.get() : nullptr;
    RETURN_IF_ERROR(NoteRead(latch, RocksStatus(status, "read")));
    const RowPlace place{family, key};
    if (seals_ == nullptr || !RowSeal::Covers(place)) return std::optional<std::string>(std::move(value));
    const std::optional<absl::string_view> opened = seals_->Take()->Open(place, value);
    if (!opened) return NoteRead(latch, ForeignRow(family));
    value.resize(opened->size());
    return std::optional<std::string>(std::move(value));
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return MultiGetAt(nullptr, family, keys);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGetAt(const rocksdb::Snapshot* snapshot, Family family,
                                                                     const std::vector<std::string>& keys) {
    // A look-up reads, decrypts and searches a block. Several threads do so at once, and more of them than there are
    // processors: among records by the hundred million most of their time is the disk's.
    const size_t parts = std::clamp<size_t>(keys.size() / kKeysForAThread, 1, threads_);
    // In the order of the keys, so that those of a thread share blocks of index and filter.
    std::vector<size_t> places(keys.size());
    std::iota(places.begin(), places.end(), 0);
    std::sort(places.begin(), places.end(), [&keys](size_t a, size_t b) { return keys[a] < keys[b]; });
    std::vector<std::optional<std::string>> values(keys.size());
    std::vector<absl::Status> ends(parts);
    const auto get_part = [&](size_t part) {
      const size_t begin = keys.size() * part / parts, end = keys.size() * (part + 1) / parts;
      ends[part] = GetPart(snapshot, family, {keys, absl::MakeSpan(places).subspan(begin, end - begin)}, &values);
    };
    std::vector<std::thread> others;
    for (size_t part = 1; part < parts; ++part) others.emplace_back(get_part, part);
    get_part(0);
    for (std::thread& thread : others) thread.join();
    for (const absl::Status& end : ends) RETURN_IF_ERROR(end);
    return values;
  }

  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return ScanAt(nullptr, family, {std::move(begin), std::move(end)}, use);
  }
  std::unique_ptr<Scan> ScanAt(const rocksdb::Snapshot* snapshot, Family family, KeyBounds bounds, ScanUse use) {
    return NewRocksScan(Access(family), snapshot, std::move(bounds), use);
  }

  absl::Status Commit(const Batch& batch, Durability durability) override {
    const std::shared_lock<std::shared_mutex> no_copy(copying_);
    if (durability == Durability::kSynced) return synced_commits_.Commit(batch);
    RETURN_IF_ERROR(Health());
    rocksdb::WriteBatch writes;
    RETURN_IF_ERROR(Append(batch, &writes));
    RETURN_IF_ERROR(Count(&writes));
    RETURN_IF_ERROR(failure_->Note(RocksStatus(db_->Write(rocksdb::WriteOptions(), &writes), "commit")));
    ++commits_;
    return absl::OkStatus();
  }

  absl::Status Health() override { return failure_->Health(); }
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override;

  absl::Status VerifyFiles(Pace* pace) override { return VerifyTableFiles(db_.get(), env_.get(), pace); }

  // What is in memory is written before commits have to wait, so that they wait for little.
  absl::Status CopyFilesTo(const std::string& directory) override {
    RETURN_IF_ERROR(Health());
    RETURN_IF_ERROR(RocksStatus(db_->Flush({}, families_), "flush"));
    const std::unique_lock<std::shared_mutex> no_commit(copying_);
    RETURN_IF_ERROR(RocksStatus(db_->Flush({}, families_), "flush"));
    return LinkFiles(db_.get(), directory + "/rocksdb");
  }

  absl::StatusOr<std::unique_ptr<Store>> OpenCopy(const std::string& directory) override {
    RocksStoreOptions options;
    options.directory = directory;
    options.keys = keys_;
    options.cache_bytes = kCopyCacheBytes;
    options.read_only = true;
    return OpenRocksStore(options);
  }

  absl::Status RewriteFiles() override {
    RETURN_IF_ERROR(Health());
    return RewriteUnderNewestEpoch({db_.get(), families_, env_.get(), directory_}, *keys_);
  }

  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override {
    return NewRocksBulkWriter(Access(family), env_.get(), absl::StrCat(bulk_directory_, "/", next_bulk_++, "-"));
  }

 private:
  static constexpr size_t kKeysForAThread = 128;
  static constexpr size_t kCopyCacheBytes = 8 << 20;
  friend class FrozenRocksStore;

  absl::Status Append(const Batch& batch, rocksdb::WriteBatch* writes) {
    const RowSeals::Taken seal = TakeSeal(seals_.get());
    for (const Batch::Write& write : batch.writes()) {
      rocksdb::ColumnFamilyHandle* family = Of(write.family);
      rocksdb::Status status;
      switch (write.kind) {
        case Batch::Kind::kPut:
          status = Put(write, seal.get(), writes);
          break;
        case Batch::Kind::kDelete:
          status = writes->Delete(family, write.key);
          break;
        case Batch::Kind::kDeleteRange:
          status = writes->DeleteRange(family, write.key, write.value);
          break;
      }
      RETURN_IF_ERROR(RocksStatus(status, "batch"));
    }
    return absl::OkStatus();
  }

  rocksdb::Status Put(const Batch::Write& write, RowSeal* seal, rocksdb::WriteBatch* writes) {
    const RowPlace place{write.family, write.key};
    if (seal == nullptr || !RowSeal::Covers(place)) return writes->Put(Of(write.family), write.key, write.value);
    const rocksdb::Slice key(write.key), value[] = {write.value, ToSlice(seal->Make(place, write.value))};
    return writes->Put(Of(write.family), {&key, 1}, {value, 2});
  }

  // A commit is a whole one in every family, or none: a family that lost a part of its files counts less.
  absl::Status Count(rocksdb::WriteBatch* writes) {
    std::string one;
    AppendBig64(1, &one);
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      RETURN_IF_ERROR(RocksStatus(writes->Merge(family, layout::CommitCountRow(), one), "batch"));
    }
    return absl::OkStatus();
  }

  // Called by one thread at a time. The number goes with the commit, and the witness hears of it afterwards: so the
  // store is never behind, and ahead by one at most.
  absl::Status WriteSynced(const std::vector<const Batch*>& group) {
    RETURN_IF_ERROR(Health());
    rocksdb::WriteBatch writes;
    for (const Batch* batch : group) RETURN_IF_ERROR(Append(*batch, &writes));
    RETURN_IF_ERROR(Count(&writes));
    const Mark next{mark_.store_id, mark_.number + 1};
    const std::string row = EncodeCommitRow({next, commits_ + 1});
    RETURN_IF_ERROR(RocksStatus(writes.Put(Of(Family::kCatalog), layout::CommitRow(), row), "batch"));
    rocksdb::WriteOptions options;
    options.sync = true;
    RETURN_IF_ERROR(failure_->Note(RocksStatus(db_->Write(options, &writes), "commit")));
    mark_ = next;
    ++commits_;
    return witness_ == nullptr ? absl::OkStatus() : failure_->Note(witness_->Write(mark_));
  }

  absl::Status AgreeWithWitness(const std::optional<Mark>& witnessed, bool accept_as_it_is);
  absl::Status CheckCounts(uint64_t at_least);

  struct KeyPart {
    const std::vector<std::string>& keys;
    absl::Span<const size_t> places;  // of keys and values
  };
  absl::Status GetPart(const rocksdb::Snapshot* snapshot, Family family, const KeyPart& part,
                       std::vector<std::optional<std::string>>* values) {
    std::vector<rocksdb::Slice> slices;
    slices.reserve(part.places.size());
    for (const size_t place : part.places) slices.emplace_back(part.keys[place]);
    std::vector<rocksdb::PinnableSlice> found(slices.size());
    std::vector<rocksdb::Status> statuses(slices.size());
    db_->MultiGet(ReadOptions(snapshot), Of(family), slices.size(), slices.data(), found.data(), statuses.data(),
                  /*sorted_input=*/true);
    FailureLatch* const latch = snapshot == nullptr ? failure_.get() : nullptr;
    const RowSeals::Taken seal = TakeSeal(SealsOf(family));
    for (size_t i = 0; i < slices.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      RETURN_IF_ERROR(NoteRead(latch, RocksStatus(statuses[i], "read")));
      const RowPlace place{family, ToView(slices[i])};
      std::optional<absl::string_view> value = ToView(found[i]);
      if (seal != nullptr && RowSeal::Covers(place)) value = seal->Open(place, *value);
      if (!value) return NoteRead(latch, ForeignRow(family));
      (*values)[part.places[i]] = std::string(*value);
    }
    return absl::OkStatus();
  }
  static rocksdb::ReadOptions ReadOptions(const rocksdb::Snapshot* snapshot) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.verify_checksums = true;
    return options;
  }
  rocksdb::ColumnFamilyHandle* Of(Family family) { return families_[static_cast<size_t>(family)]; }
  FamilyAccess Access(Family family) { return {db_.get(), Of(family), failure_.get(), family, SealsOf(family)}; }
  RowSeals* SealsOf(Family family) { return RowSeal::Covers({family, {}}) ? seals_.get() : nullptr; }
  absl::Status FindSeals();

  const std::shared_ptr<FailureLatch> failure_ = std::make_shared<FailureLatch>();
  std::shared_ptr<rocksdb::FileSystem> files_;
  std::unique_ptr<WitnessFile> witness_;  // none: not watched
  Mark mark_;                             // of the last synced commit
  std::atomic<uint64_t> commits_{0};      // made and returned
  CommitQueue synced_commits_{[this](const std::vector<const Batch*>& group) { return WriteSynced(group); }};
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::string directory_, bulk_directory_;
  std::shared_ptr<KeyRing> keys_;
  std::unique_ptr<RowSeals> seals_;  // none: the store is from before there were seals
  Batch first_commit_;               // of a new store
  std::shared_mutex copying_;        // held alone while a copy is made
  std::atomic<uint64_t> next_bulk_{0};
  const size_t threads_ = std::clamp(4 * std::thread::hardware_concurrency(), 4u, 16u);
};

// A RocksStore as of a moment.
class FrozenRocksStore : public Store {
 public:
  explicit FrozenRocksStore(RocksStore* store) : store_(store), snapshot_(store->db_->GetSnapshot()) {}
  ~FrozenRocksStore() override { store_->db_->ReleaseSnapshot(snapshot_); }

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return store_->GetAt(snapshot_, family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return store_->MultiGetAt(snapshot_, family, keys);
  }
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return store_->ScanAt(snapshot_, family, {std::move(begin), std::move(end)}, use);
  }
  absl::Status Commit(const Batch&, Durability) override { return ReadingOnly(); }
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family) override { return ReadingOnly(); }
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return ReadingOnly(); }
  absl::Status Health() override { return store_->Health(); }

 private:
  static absl::Status ReadingOnly() { return absl::FailedPreconditionError("store: it is for reading only"); }

  RocksStore* const store_;
  const rocksdb::Snapshot* const snapshot_;
};

absl::StatusOr<std::unique_ptr<Store>> RocksStore::Freeze() {
  return std::unique_ptr<Store>(std::make_unique<FrozenRocksStore>(this));
}

absl::Status RocksStore::Open(const RocksStoreOptions& options) {
  files_ = options.files != nullptr ? options.files : rocksdb::FileSystem::Default();
  keys_ = options.keys != nullptr ? options.keys : KeyRing::OfOneKey(options.encryption_key);
  directory_ = options.directory;
  const std::string path = options.directory + "/rocksdb";
  if (options.files == nullptr) RETURN_IF_ERROR(CheckFileKeys(*keys_, path));
  if (!options.witness.empty()) {
    witness_ = std::make_unique<WitnessFile>(files_.get(), options.witness, keys_->lasting_key());
  }
  ASSIGN_OR_RETURN(const OldForm old_form, ExamineOldForm(options, files_.get(), witness_.get()));
  env_ = options.in_the_clear ? rocksdb::NewCompositeEnv(files_) : NewEncryptedEnvironment(keys_, files_, old_form);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.cache_bytes);
  rocksdb::DBOptions db_options = StoreOptions(env_.get(), cache);
  if (!options.in_the_clear) {
    db_options.file_checksum_gen_factory = NewFileCodes(keys_->lasting_key());
  }
  std::optional<Mark> witnessed;
  if (witness_ != nullptr) {
    // Whatever is lost of the log's end is what no synced commit made durable: the witness knows.
    db_options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    ASSIGN_OR_RETURN(witnessed, ExamineBeforeOpening(options, db_options, witness_.get()));
  }
  bulk_directory_ = options.directory + "/bulk";
  if (!options.read_only) RETURN_IF_ERROR(SyncLogs(files_.get(), path));
  // Left by a process that was killed; nobody reads it.
  if (!options.read_only) RETURN_IF_ERROR(EmptyDirectory(env_.get(), bulk_directory_));
  db_options.listeners.push_back(std::make_shared<BackgroundErrors>(failure_));
  rocksdb::DB* db = nullptr;
  const auto families = StoreFamilies(cache);
  const rocksdb::Status status = options.read_only
                                     ? rocksdb::DB::OpenForReadOnly(db_options, path, families, &families_, &db)
                                     : rocksdb::DB::Open(db_options, path, families, &families_, &db);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return absl::UnavailableError(absl::StrCat("store: another process has ", options.directory, " open"));
  }
  RETURN_IF_ERROR(RocksStatus(status, "open"));
  db_.reset(db);
  // The default family comes first and holds nothing.
  db_->DestroyColumnFamilyHandle(families_.front()).PermitUncheckedError();
  families_.erase(families_.begin());
  if (!options.in_the_clear) RETURN_IF_ERROR(FindSeals());
  if (options.read_only) return absl::OkStatus();
  RETURN_IF_ERROR(AgreeWithWitness(witnessed, options.accept_as_it_is));
  if (old_form == OldForm::kRead) RETURN_IF_ERROR(EndOldForm({env_.get(), files_.get(), path, mark_}, witness_.get()));
  failure_->Tell(options.on_failure);
  return Health();
}

// Rows have seals from the first one on, or none has: the store says which, and a new one has.
absl::Status RocksStore::FindSeals() {
  ASSIGN_OR_RETURN(const auto row, Get(Family::kCatalog, layout::SealRow()));
  const auto any = NewScan(Family::kCatalog, layout::Dataset(0), layout::After({layout::kVersion}), ScanUse::kLookups);
  RETURN_IF_ERROR(any->status());
  if (!row && any->Valid()) return absl::OkStatus();
  seals_ = std::make_unique<RowSeals>(DeriveKey(keys_->lasting_key().view(), "", "sabun row seal 1"));
  if (!row) first_commit_.Put(Family::kCatalog, layout::SealRow(), "1");
  return absl::OkStatus();
}

// What is between the first and the last commit cannot be seen by the witness: a log or a table that is missing in the
// middle, with everything that names it.
absl::Status RocksStore::CheckCounts(uint64_t at_least) {
  for (int i = 0; i < kFamilyCount; ++i) {
    ASSIGN_OR_RETURN(const auto row, Get(static_cast<Family>(i), layout::CommitCountRow()));
    if (row && row->size() != 8) return absl::DataLossError("store: a count of commits is damaged");
    const uint64_t count = row ? LoadBig64(row->data()) : 0;
    if (i == 0) commits_ = count;
    if (count < at_least || count != commits_) return MissingCommits(std::max(at_least, commits_.load()), count);
  }
  return absl::OkStatus();
}

absl::Status RocksStore::AgreeWithWitness(const std::optional<Mark>& witnessed, bool accept_as_it_is) {
  ASSIGN_OR_RETURN(const auto row, Get(Family::kCatalog, layout::CommitRow()));
  const std::optional<CommitRow> commits = row ? DecodeCommitRow(*row) : std::nullopt;
  if (row && !commits) return absl::DataLossError("store: the row of commits is damaged");
  RETURN_IF_ERROR(CheckCounts(commits ? commits->commits : 0));
  const std::optional<Mark> stored = commits ? std::optional(commits->mark) : std::nullopt;
  if (stored && !accept_as_it_is) {
    mark_ = *stored;
    return witness_ == nullptr || witnessed == stored ? absl::OkStatus() : witness_->Write(mark_);
  }
  mark_ = {witnessed && !accept_as_it_is ? witnessed->store_id : RandomBytes(kStoreIdBytes),
           stored ? stored->number : 0};
  if (witness_ != nullptr && !accept_as_it_is) RETURN_IF_ERROR(witness_->Create(mark_));
  // From here on the store says who it is. When it is accepted as it is, the new witness follows: a crash between
  // leaves two that do not fit, which is refused.
  std::unique_ptr<WitnessFile> later = accept_as_it_is ? std::move(witness_) : nullptr;
  RETURN_IF_ERROR(WriteSynced({&first_commit_}));
  if (later == nullptr) return absl::OkStatus();
  witness_ = std::move(later);
  return witness_->Create(mark_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const RocksStoreOptions& options) {
  auto store = std::make_unique<RocksStore>();
  RETURN_IF_ERROR(store->Open(options));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace sabun
