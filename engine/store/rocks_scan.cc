#include "engine/store/rocks_scan.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/store/rocks_files.h"
#include "engine/store/rocks_options.h"

namespace sabun {
namespace {

class RocksScan : public Scan {
 public:
  // Of the store as it is, or as of `snapshot`.
  RocksScan(const FamilyAccess& access, const rocksdb::Snapshot* snapshot, KeyBounds bounds, ScanUse use)
      : begin_(std::move(bounds.begin)),
        end_(std::move(bounds.end)),
        begin_slice_(begin_),
        end_slice_(end_),
        failure_(snapshot == nullptr ? access.failure : nullptr),
        family_(access.name),
        seal_(TakeSeal(access.seals)) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &begin_slice_;
    options.iterate_upper_bound = &end_slice_;
    options.readahead_size = use == ScanUse::kRange ? 2 << 20 : 0;
    options.fill_cache = use == ScanUse::kLookups;
    options.verify_checksums = true;
    iterator_.reset(access.db->NewIterator(options, access.family));
    iterator_->SeekToFirst();
    OpenRow();
  }
  bool Valid() const override { return valid_; }
  void Next() override {
    iterator_->Next();
    OpenRow();
  }
  void Seek(absl::string_view key) override {
    iterator_->Seek(ToSlice(key));
    OpenRow();
  }
  void SeekBack(absl::string_view key) override {
    iterator_->SeekForPrev(ToSlice(key));
    OpenRow();
  }
  absl::string_view key() const override { return ToView(iterator_->key()); }
  absl::string_view value() const override { return value_; }
  absl::Status status() const override {
    if (!foreign_.ok()) return NoteRead(failure_, foreign_);
    return NoteRead(failure_, RocksStatus(iterator_->status(), "scan"));
  }

 private:
  // A row that is not what was written at its place ends the scan.
  void OpenRow() {
    valid_ = foreign_.ok() && iterator_->Valid();
    if (!valid_) return;
    value_ = ToView(iterator_->value());
    if (seal_ == nullptr || !RowSeal::Covers({family_, key()})) return;
    const std::optional<absl::string_view> opened = seal_->Open({family_, key()}, value_);
    valid_ = opened.has_value();
    if (valid_) value_ = *opened;
    if (!valid_) foreign_ = ForeignRow(family_);
  }

  std::string begin_, end_;
  rocksdb::Slice begin_slice_, end_slice_;
  FailureLatch* failure_;
  const Family family_;
  const RowSeals::Taken seal_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  bool valid_ = false;
  absl::string_view value_;
  absl::Status foreign_;
};

}  // namespace

std::unique_ptr<Scan> NewRocksScan(const FamilyAccess& access, const rocksdb::Snapshot* snapshot, KeyBounds bounds,
                                   ScanUse use) {
  return std::make_unique<RocksScan>(access, snapshot, std::move(bounds), use);
}

absl::Status NoteRead(FailureLatch* failure, const absl::Status& status) {
  return failure != nullptr && absl::IsDataLoss(status) ? failure->Note(status) : status;
}

absl::Status ForeignRow(Family family) {
  return CodedError(absl::StatusCode::kDataLoss,
                    {"STORE-ROW-FOREIGN",
                     absl::StrCat("a row of ", FamilyName(family),
                                  " is not what was written at its place: it was changed, exchanged, or is another "
                                  "place's. Stop, keep the directory for an examination, and restore the newest sound "
                                  "backup."),
                     absl::StrCat("ストアの行(", FamilyName(family),
                                  ")が、その場所に書き込んだものではありません(改変、入れ替え、または別の場所の行)。"
                                  "停止し、調査のためディレクトリを保全して、最新の健全なバックアップから復元して"
                                  "ください。")});
}

}  // namespace sabun
