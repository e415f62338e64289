// What a disk holds for sure, beside what the files say: contents as of the last sync, names as of the last sync of
// their directory, and what has been written since.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun::fault {

// One file, under whatever names. Guarded by its shadow.
struct DiskFile {
  struct Piece {
    uint64_t offset;
    std::string bytes;
    bool is_truncation = false;  // to `offset`
  };
  std::string synced;
  std::vector<Piece> unsynced;
};

// Thread safe.
class DiskShadow {
 public:
  explicit DiskShadow(uint64_t seed) : random_(seed) {}

  // The file with this name; one that the shadow does not know yet was there before, and is durable.
  std::shared_ptr<DiskFile> Find(const std::string& path);
  std::shared_ptr<DiskFile> Create(const std::string& path);
  void Remove(const std::string& path);
  void Rename(const std::string& from, const std::string& to);
  void Link(const std::string& from, const std::string& to);
  void Write(DiskFile* file, uint64_t offset, absl::string_view bytes);
  void Truncate(DiskFile* file, uint64_t size);
  void Sync(DiskFile* file);
  void SyncDirectory(const std::string& path);

  // Decides by the seed what has survived, and rewrites the real files.
  void LosePower();

 private:
  // A step of the file system's journal: the name gets the file (nothing: is gone), and another name is gone.
  struct NameMove {
    std::string path;
    std::shared_ptr<DiskFile> file;
    std::string gone;
  };
  using Names = std::map<std::string, std::shared_ptr<DiskFile>>;

  static void Apply(const NameMove& move, Names* names);
  void Move(NameMove move);
  uint64_t Dice(uint64_t sides) { return random_() % sides; }
  std::string Survivor(const DiskFile& file);

  std::mutex mutex_;
  std::mt19937_64 random_;
  Names now_, synced_;
  std::vector<NameMove> unsynced_;  // of names, in order
};

}  // namespace sabun::fault
