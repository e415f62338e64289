// Journal, backups and spools on a disk of which any one call fails: nothing acknowledged is lost, nothing wrong is
// read, and what failed can be done again.
#include "tests/fault/failing_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/intake/row_spool.h"
#include "engine/store/backup_folder.h"
#include "engine/store/bucket_reader.h"
#include "engine/store/bucket_runs.h"
#include "engine/store/journal.h"
#include "tests/fault/call_sweep.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

class JournalLife {
 public:
  JournalLife(const std::string& directory, FailingCalls* disk, Trouble trouble)
      : disk_(disk), trouble_(trouble), options_{directory + "/sent", KeyRing::OfOneKey(std::string(32, 'k'))} {}

  void Prepare() {
    journal_ = *Journal::Open(options_);
    ASSERT_EQ(*journal_->BeginSegment(), 1u);
    Append("of the first segment", Durability::kSynced);
  }
  void Work() {
    journal_.reset();
    auto opened = Journal::Open(options_);
    if (!opened.ok()) {
      ExpectDiskError(opened.status(), trouble_);
      opened = Journal::Open(options_);
    }
    if (!opened.ok()) return;
    journal_ = *std::move(opened);
    ASSERT_TRUE(journal_->IsOn());
    Append("a", Durability::kSynced);
    Append("b", Durability::kLater);
    Append("c", Durability::kSynced);
    const bool was_sound = journal_->Health().ok();
    const absl::Status begun = journal_->BeginSegment().status();
    if (!begun.ok() && was_sound) ExpectDiskError(begun, trouble_);
    EXPECT_TRUE(was_sound || absl::IsUnavailable(begun)) << "what is not known to be there is not built on";
    Append("d", Durability::kLater);
    Append("e", Durability::kSynced);
    const absl::Status dropped = journal_->DropBefore(2);
    if (!dropped.ok()) ExpectDiskError(dropped, trouble_);
    EXPECT_TRUE(!dropped.ok() || !IsThere(Path(1)));
    first_may_be_gone_ = true;
  }
  void Check(bool) {
    journal_.reset();
    auto journal = Journal::Open(options_);
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal_ = *std::move(journal);
    ASSERT_TRUE(journal_->IsOn());
    Append("after", Durability::kSynced);
    ASSERT_TRUE(journal_->Health().ok());
    ASSERT_TRUE(IsThere(Path(1)) || first_may_be_gone_);
    if (!IsThere(Path(1))) noted_.erase(noted_.begin());
    size_t next = 0;
    JournalReader reader(options_, IsThere(Path(1)) ? 1 : 2);
    const absl::Status read = reader.Visit([&](absl::string_view record, const JournalPlace&) {
      // What was refused may be there all the same, in its place.
      while (next < noted_.size() && noted_[next].record != record && !noted_[next].acknowledged) ++next;
      EXPECT_TRUE(next < noted_.size() && noted_[next].record == record) << record;
      ++next;
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    EXPECT_EQ(next, noted_.size()) << "the last one was acknowledged";
  }

 private:
  struct Noted {
    std::string record;
    bool acknowledged;
  };
  std::string Path(uint64_t segment) { return absl::StrCat(options_.directory, "/", JournalSegmentName(segment)); }
  uint64_t NewestSegment() {
    uint64_t newest = 0;
    for (uint64_t number = 1; number < 10; ++number) {
      if (IsThere(Path(number))) newest = number;
    }
    return newest;
  }
  void Append(const std::string& record, Durability durability) {
    const bool was_sound = journal_->Health().ok();
    const absl::Status status = journal_->Append(record, durability);
    noted_.push_back({record, status.ok()});
    if (status.ok()) {
      EXPECT_TRUE(was_sound);
      EXPECT_TRUE(durability == Durability::kLater || disk_->IsDurable(Path(NewestSegment()))) << record;
    } else {
      EXPECT_FALSE(journal_->Health().ok()) << "goes on behind what may be torn";
      if (was_sound) ExpectDiskError(status, trouble_);
    }
  }

  FailingCalls* const disk_;
  const Trouble trouble_;
  const JournalOptions options_;
  std::unique_ptr<Journal> journal_;
  std::vector<Noted> noted_;
  bool first_may_be_gone_ = false;
};

// Replays of a journal: all of it or an error, whichever segment or folder cannot be read.
class JournalReadingLife {
 public:
  JournalReadingLife(const std::string& directory, FailingCalls*, Trouble trouble)
      : trouble_(trouble), options_{directory + "/sent", KeyRing::OfOneKey(std::string(32, 'k'))} {}

  void Prepare() {
    const auto journal = *Journal::Open(options_);
    for (const char* record : {"a", "b", "c"}) {
      ASSERT_TRUE(journal->BeginSegment().ok());
      ASSERT_TRUE(journal->Append(record, Durability::kSynced).ok());
    }
  }
  void Work() { Read(false); }
  void Check(bool) { Read(true); }

 private:
  void Read(bool must) {
    std::string all;
    std::vector<JournalPlace> places;
    JournalReader reader(options_, 1);
    absl::Status status = reader.Visit([&](absl::string_view record, const JournalPlace& place) {
      absl::StrAppend(&all, record);
      places.push_back(place);
      return absl::OkStatus();
    });
    if (status.ok()) {
      EXPECT_EQ(all, "abc");
    }
    if (status.ok()) {
      const absl::StatusOr<std::string> again = reader.Read(places.front());
      if (again.ok()) {
        EXPECT_EQ(*again, "a");
      }
      status = again.status();
    }
    if (!status.ok()) ExpectDiskError(status, trouble_);
    EXPECT_TRUE(status.ok() || !must);
  }

  const Trouble trouble_;
  const JournalOptions options_;
};

class BackupLife {
 public:
  BackupLife(const std::string& directory, FailingCalls* disk, Trouble trouble)
      : root_(directory), disk_(disk), trouble_(trouble) {}

  // A store of two days; the second has a file of the first, and another one.
  void Prepare() {
    days_["1"] = {{"1.sst", File('a', 2'000)}, {"2.sst", File('b', 1'200'000)}};
    days_["2"] = {{"2.sst", File('b', 1'200'000)}, {"3.sst", File('c', 2'000)}};
    for (const auto& [day, files] : days_) {
      fs::create_directory(Day(day));
      for (const auto& [name, bytes] : files) std::ofstream(Day(day) + "/" + name, std::ios::binary) << bytes;
    }
  }
  void Work() {
    auto folder = BackupFolder::OpenOrMake(Folder());
    if (!folder.ok()) {
      ExpectDiskError(folder.status(), trouble_);
      folder = BackupFolder::OpenOrMake(Folder());
    }
    if (!folder.ok()) return;
    Add(&*folder, "1");
    Add(&*folder, "2");
    const auto listed = folder->List();
    Tell(listed.status());
    for (const BackupManifest& manifest : listed.ok() ? *listed : std::vector<BackupManifest>()) {
      Tell(folder->Check(manifest, &pace_));
      Tell(folder->LayOut(manifest, absl::StrCat(root_, "/early", manifest.id)));
    }
    Tell(BackupFolder::Open(Folder()).status());
    if (acknowledged_.size() < 2) return;
    Tell(folder->KeepNewest(1));
    acknowledged_.erase(acknowledged_.begin());
  }
  void Check(bool troubled) {
    auto folder = BackupFolder::OpenOrMake(Folder());
    ASSERT_TRUE(folder.ok()) << folder.status();
    const size_t listed = Sound(*folder);
    EXPECT_TRUE(troubled || listed == 1);
    const size_t before = acknowledged_.size();
    Add(&*folder, "2");
    ASSERT_EQ(acknowledged_.size(), before + 1);
    EXPECT_EQ(Sound(*folder), listed + 1);
    acknowledged_ = {acknowledged_.back()};
    ASSERT_TRUE(folder->KeepNewest(1).ok());
    EXPECT_EQ(Sound(*folder), 1u);
    EXPECT_EQ(std::distance(fs::directory_iterator(Folder() + "/files"), fs::directory_iterator()), 2);
  }

 private:
  static std::string File(char byte, size_t size) { return std::string(8, 'h') + std::string(size, byte); }
  std::string Folder() { return root_ + "/backups"; }
  std::string Day(const std::string& day) { return root_ + "/day" + day; }

  void Tell(const absl::Status& status) {
    if (!status.ok()) ExpectDiskError(status, trouble_);
  }
  void Add(BackupFolder* folder, const std::string& day) {
    BackupManifest manifest;
    manifest.engine_version = day;
    const auto added = folder->Add(Day(day), manifest, &pace_);
    if (!added.ok()) return ExpectDiskError(added.status(), trouble_);
    acknowledged_.push_back(added->id);
    EXPECT_TRUE(disk_->IsDurable(absl::StrCat(Folder(), "/backups/", added->id, ".json")));
    for (const BackupFile& file : added->files) {
      EXPECT_TRUE(disk_->IsDurable(absl::StrCat(Folder(), "/files/", file.stored)));
    }
  }
  // All that is listed is whole; how many. One that was not acknowledged may be among them.
  size_t Sound(const BackupFolder& folder) {
    const auto listed = folder.List();
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::set<std::string> ids;
    for (const BackupManifest& manifest : *listed) {
      ids.insert(manifest.id);
      const absl::Status checked = folder.Check(manifest, &pace_);
      EXPECT_TRUE(checked.ok()) << checked;
      const std::string laid = absl::StrCat(root_, "/laid", ++laid_);
      EXPECT_TRUE(folder.LayOut(manifest, laid).ok());
      std::map<std::string, std::string> files;
      for (const auto& entry : fs::directory_iterator(laid)) {
        std::string& bytes = files[entry.path().filename()];
        bytes.resize(fs::file_size(entry.path()));
        std::ifstream(entry.path(), std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      }
      EXPECT_TRUE(files == days_[manifest.engine_version]) << manifest.id;
    }
    for (const std::string& id : acknowledged_) EXPECT_TRUE(ids.contains(id)) << id;
    return ids.size();
  }

  const std::string root_;
  FailingCalls* const disk_;
  const Trouble trouble_;
  Pace pace_;
  std::map<std::string, std::map<std::string, std::string>> days_;
  std::vector<std::string> acknowledged_;
  int laid_ = 0;
};

struct Item {
  uint64_t word;
  uint64_t number;
  friend bool operator==(const Item&, const Item&) = default;
};
struct ItemOrder {
  static uint64_t Word(const Item& item) { return item.word; }
  bool operator()(const Item& a, const Item& b) const {
    return a.word != b.word ? a.word < b.word : a.number < b.number;
  }
};

// Buckets, of which one is too large and is merged, and rows: right, or an error, and nothing left behind.
class SpoolLife {
 public:
  SpoolLife(const std::string& directory, FailingCalls*, Trouble trouble) : directory_(directory), trouble_(trouble) {}

  void Prepare() {}
  void Work() {
    const absl::Status sorted = SortItems(), kept = KeepRows();
    if (!sorted.ok()) ExpectDiskError(sorted, trouble_);
    if (!kept.ok()) ExpectDiskError(kept, trouble_);
    is_right_ = sorted.ok() && kept.ok();
  }
  void Check(bool) {
    EXPECT_TRUE(!is_right_ || fs::is_empty(directory_));
    EXPECT_TRUE(SortItems().ok());
    EXPECT_TRUE(KeepRows().ok());
  }

 private:
  absl::Status SortItems() {
    BucketRuns<Item, ItemOrder> runs({directory_, 2'000});
    std::vector<Item> model, read;
    for (uint64_t i = 0; i < 600; ++i) {
      model.push_back({i % 2 == 0 ? uint64_t{7} << 60 : i * 0x9E37'79B9'7F4A'7C15, 600 - i});
      RETURN_IF_ERROR(runs.Add(model.back()));
    }
    RETURN_IF_ERROR(runs.FinishAdding());
    BucketReader<Item, ItemOrder> reader(runs);
    RETURN_IF_ERROR(reader.Next());
    while (reader.Valid()) {
      read.push_back(reader.Get());
      RETURN_IF_ERROR(reader.Next());
    }
    std::sort(model.begin(), model.end(), ItemOrder());
    EXPECT_EQ(read, model);
    return absl::OkStatus();
  }
  absl::Status KeepRows() {
    RowSpool spool(directory_);
    const auto row = [](uint64_t ordinal) { return std::string(400'000, static_cast<char>('a' + ordinal)); };
    for (uint64_t ordinal = 0; ordinal < 12; ordinal += 2) RETURN_IF_ERROR(spool.Add(ordinal, row(ordinal)));
    RETURN_IF_ERROR(spool.FinishAdding());
    for (uint64_t ordinal = 0; ordinal < 12; ordinal += 2) {
      ASSIGN_OR_RETURN(const absl::string_view found, spool.Find(ordinal));
      EXPECT_TRUE(found == row(ordinal)) << ordinal;
    }
    return absl::OkStatus();
  }

  const std::string directory_;
  const Trouble trouble_;
  bool is_right_ = false;
};

class StoredFilesTest : public CallSweep {};

TEST_P(StoredFilesTest, JournalKeepsWhatItAcknowledgedInOrder) { Sweep<JournalLife>(); }
TEST_P(StoredFilesTest, JournalIsReadAsAWholeOrNotAtAll) { Sweep<JournalReadingLife>(); }
TEST_P(StoredFilesTest, BackupsAreWholeAndTheNextAttemptIsSound) { Sweep<BackupLife>(); }
TEST_P(StoredFilesTest, SpoolsAreRightOrSayAnError) { Sweep<SpoolLife>(); }

INSTANTIATE_TEST_SUITE_P(Troubles, StoredFilesTest, testing::ValuesIn(kTroubles), NameOf);

}  // namespace
}  // namespace sabun
