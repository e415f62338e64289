// What a power loss could take from files that were written without RocksDB.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace sabun {

// Is told of calls that succeeded, and of every sync. Bytes that a sync failed for are given up until they are written
// again, as kernels do: a later sync says nothing of them. Not thread safe.
class Unsynced {
 public:
  void Make(const std::string& path) { names_.insert(path); }
  void Write(const std::string& path, uint64_t begin, uint64_t end);
  void Truncate(const std::string& path, uint64_t size);
  void Rename(const std::string& from, const std::string& to);
  void Erase(const std::string& path);
  // Of a file or of a directory.
  void Sync(const std::string& path, bool done);

  // Whether the file is there after a power loss, with all bytes, also all folders on its way.
  bool IsDurable(const std::string& path) const;

 private:
  // All that lies between the ends.
  struct Stretch {
    bool empty() const { return begin >= end; }
    void Add(uint64_t from, uint64_t to) {
      if (from >= to) return;
      *this = empty() ? Stretch{from, to} : Stretch{std::min(begin, from), std::max(end, to)};
    }
    uint64_t begin = 0, end = 0;
  };
  struct Bytes {
    Stretch written, given_up;
  };

  std::map<std::string, Bytes> bytes_;
  std::set<std::string> names_;
};

}  // namespace sabun
