#include "tests/fault/disk_shadow.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "engine/base/check.h"

namespace sabun::fault {
namespace {

constexpr uint64_t kBlockBytes = 4096;

std::string Normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

std::string FolderOf(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What was written further on than the end leaves zeros before it.
void Put(uint64_t offset, absl::string_view bytes, std::string* content) {
  if (content->size() < offset + bytes.size()) content->resize(offset + bytes.size(), '\0');
  content->replace(offset, bytes.size(), bytes.data(), bytes.size());
}

}  // namespace

void DiskShadow::Apply(const NameMove& move, Names* names) {
  if (!move.gone.empty()) names->erase(move.gone);
  if (move.path.empty()) return;
  if (move.file == nullptr) {
    names->erase(move.path);
  } else {
    (*names)[move.path] = move.file;
  }
}

void DiskShadow::Move(NameMove move) {
  Apply(move, &now_);
  unsynced_.push_back(std::move(move));
}

std::shared_ptr<DiskFile> DiskShadow::Find(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string name = Normal(path);
  if (const auto found = now_.find(name); found != now_.end()) return found->second;
  auto file = std::make_shared<DiskFile>();
  file->synced = ReadWhole(name);
  return now_[name] = synced_[name] = file;
}

std::shared_ptr<DiskFile> DiskShadow::Create(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto file = std::make_shared<DiskFile>();
  Move({Normal(path), file, ""});
  return file;
}

void DiskShadow::Remove(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Move({Normal(path), nullptr, ""});
}

void DiskShadow::Rename(const std::string& from, const std::string& to) {
  const std::shared_ptr<DiskFile> file = Find(from);
  const std::lock_guard<std::mutex> lock(mutex_);
  Move({Normal(to), file, Normal(from)});
}

void DiskShadow::Link(const std::string& from, const std::string& to) {
  const std::shared_ptr<DiskFile> file = Find(from);
  const std::lock_guard<std::mutex> lock(mutex_);
  Move({Normal(to), file, ""});
}

void DiskShadow::Write(DiskFile* file, uint64_t offset, absl::string_view bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  file->unsynced.push_back({offset, std::string(bytes), false});
}

void DiskShadow::Truncate(DiskFile* file, uint64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  file->unsynced.push_back({size, "", true});
}

void DiskShadow::Sync(DiskFile* file) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const DiskFile::Piece& piece : file->unsynced) {
    if (piece.is_truncation) {
      file->synced.resize(piece.offset, '\0');
    } else {
      Put(piece.offset, piece.bytes, &file->synced);
    }
  }
  file->unsynced.clear();
}

void DiskShadow::SyncDirectory(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string folder = FolderOf(Normal(path + "/x"));
  const auto is_elsewhere = [&](const NameMove& move) { return FolderOf(move.path) != folder; };
  const auto synced = std::stable_partition(unsynced_.begin(), unsynced_.end(), is_elsewhere);
  for (auto move = synced; move != unsynced_.end(); ++move) Apply(*move, &synced_);
  unsynced_.erase(synced, unsynced_.end());
}

// Nothing, everything, a beginning that may end in the middle of a write, or any blocks without the ones between.
std::string DiskShadow::Survivor(const DiskFile& file) {
  std::string content = file.synced;
  const uint64_t way = Dice(4);
  const size_t whole = way == 0 ? 0 : way == 1 ? file.unsynced.size() : Dice(file.unsynced.size() + 1);
  for (size_t i = 0; i < file.unsynced.size(); ++i) {
    const DiskFile::Piece& piece = file.unsynced[i];
    if (piece.is_truncation) {
      if (way != 3 && i < whole) content.resize(piece.offset, '\0');
      continue;
    }
    if (way != 3) {
      const bool is_torn = way == 2 && i == whole;
      if (i < whole) Put(piece.offset, piece.bytes, &content);
      if (is_torn) Put(piece.offset, absl::string_view(piece.bytes).substr(0, Dice(piece.bytes.size() + 1)), &content);
      continue;
    }
    for (uint64_t at = 0; at < piece.bytes.size();) {
      const uint64_t size =
          std::min<uint64_t>(piece.bytes.size() - at, kBlockBytes - (piece.offset + at) % kBlockBytes);
      if (Dice(2) == 0) Put(piece.offset + at, absl::string_view(piece.bytes).substr(at, size), &content);
      at += size;
    }
  }
  return content;
}

void DiskShadow::LosePower() {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Names go through a journal: a beginning of it survives.
  const uint64_t way = Dice(3);
  const size_t kept = way == 0 ? 0 : way == 1 ? unsynced_.size() : Dice(unsynced_.size() + 1);
  for (size_t i = 0; i < kept; ++i) Apply(unsynced_[i], &synced_);
  unsynced_.clear();
  for (const auto& [path, file] : now_) std::filesystem::remove(path);
  std::map<DiskFile*, std::string> survivors;
  for (const auto& [path, file] : synced_) {
    auto found = survivors.find(file.get());
    if (found == survivors.end()) found = survivors.emplace(file.get(), Survivor(*file)).first;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(found->second.data(), static_cast<std::streamsize>(found->second.size()));
    SABUN_CHECK(out.good());
  }
  for (auto& [file, content] : survivors) {
    file->synced = std::move(content);
    file->unsynced.clear();
  }
  now_ = synced_;
}

}  // namespace sabun::fault
