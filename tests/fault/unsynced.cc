#include "tests/fault/unsynced.h"

#include <filesystem>

namespace sabun {

void Unsynced::Write(const std::string& path, uint64_t begin, uint64_t end) {
  Bytes& bytes = bytes_[path];
  bytes.written.Add(begin, end);
  if (begin <= bytes.given_up.begin && bytes.given_up.end <= end) bytes.given_up = {};
}

void Unsynced::Truncate(const std::string& path, uint64_t size) {
  const auto found = bytes_.find(path);
  if (found == bytes_.end()) return;
  for (Stretch* const stretch : {&found->second.written, &found->second.given_up}) {
    stretch->end = std::min(stretch->end, size);
  }
}

void Unsynced::Rename(const std::string& from, const std::string& to) {
  bytes_[to] = bytes_[from];
  bytes_.erase(from);
  names_.erase(from);
  Make(to);
}

void Unsynced::Erase(const std::string& path) {
  bytes_.erase(path);
  names_.erase(path);
}

void Unsynced::Sync(const std::string& path, bool done) {
  const auto found = bytes_.find(path);
  if (found != bytes_.end()) {
    Bytes& bytes = found->second;
    if (!done) bytes.given_up.Add(bytes.written.begin, bytes.written.end);
    bytes.written = {};
  }
  if (!done) return;
  std::erase_if(names_, [&](const std::string& name) { return std::filesystem::path(name).parent_path() == path; });
}

bool Unsynced::IsDurable(const std::string& path) const {
  const auto found = bytes_.find(path);
  if (found != bytes_.end() && !(found->second.written.empty() && found->second.given_up.empty())) return false;
  for (std::filesystem::path name = path; name.has_relative_path(); name = name.parent_path()) {
    if (names_.contains(name)) return false;
  }
  return true;
}

}  // namespace sabun
