#include "tests/leaks/process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sabun::leaks {
namespace {

constexpr size_t kMemoryPieceBytes = 1 << 20;

absl::Status Unreadable(int id, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("cannot read /proc/", id, "/", what));
}

}  // namespace

absl::StatusOr<ProcessMemory> ProcessMemory::Of(int id) {
  ProcessMemory memory;
  memory.id_ = id;
  std::ifstream in(absl::StrCat("/proc/", id, "/smaps"));
  for (std::string line; std::getline(in, line);) {
    unsigned long begin = 0, end = 0;
    char rights[5] = {};
    int name_at = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %n", &begin, &end, rights, &name_at) >= 3) {
      std::string name = line.substr(static_cast<size_t>(name_at));
      if (rights[0] != 'r') name = "-";
      memory.areas_.push_back({begin, end, false, name.empty() ? "anonymous" : name});
    } else if (absl::StartsWith(line, "VmFlags:") && !memory.areas_.empty()) {
      memory.areas_.back().is_locked = absl::StrContains(line, " lo") && absl::StrContains(line, " dd");
    }
  }
  auto& areas = memory.areas_;
  // What the kernel lends to every process has no bytes to be read here.
  const auto is_none = [](const Area& area) { return area.name == "-" || absl::StartsWith(area.name, "[v"); };
  areas.erase(std::remove_if(areas.begin(), areas.end(), is_none), areas.end());
  if (areas.empty()) return Unreadable(id, "smaps");
  return memory;
}

template <typename Take>
absl::Status ProcessMemory::Read(size_t overlap, const Take& take) const {
  const int file = open(absl::StrCat("/proc/", id_, "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Unreadable(id_, "mem");
  std::string piece(kMemoryPieceBytes + overlap, '\0');
  uint64_t read = 0;
  for (const Area& area : areas_) {
    for (uint64_t at = area.begin; at < area.end; at += kMemoryPieceBytes) {
      const size_t wanted = std::min<uint64_t>(piece.size(), area.end - at);
      const ssize_t got = pread(file, piece.data(), wanted, static_cast<off_t>(at));
      if (got <= 0) break;  // given back meanwhile
      read += static_cast<uint64_t>(got);
      take(area, absl::string_view(piece.data(), static_cast<size_t>(got)));
    }
  }
  close(file);
  return read > 0 ? absl::OkStatus() : Unreadable(id_, "mem");
}

absl::StatusOr<std::vector<SecretPlaces>> ProcessMemory::Find(const std::vector<std::string>& secrets) const {
  std::vector<SecretPlaces> places(secrets.size());
  const absl::Status read = Read(/*overlap=*/64, [&](const Area& area, absl::string_view bytes) {
    for (size_t i = 0; i < secrets.size(); ++i) {
      for (size_t at = bytes.find(secrets[i]); at < kMemoryPieceBytes; at = bytes.find(secrets[i], at + 1)) {
        ++(area.is_locked ? places[i].locked : places[i].elsewhere);
        if (!area.is_locked) places[i].areas.push_back(area.name);
      }
    }
  });
  if (!read.ok()) return read;
  return places;
}

absl::StatusOr<size_t> ProcessMemory::CountValues(const CanarySearch& search) const {
  std::set<size_t> found;
  const absl::Status read = Read(search.longest_form(), [&](const Area&, absl::string_view bytes) {
    std::vector<CanaryHit> hits;
    search.Find(bytes, 0, &hits);
    for (const CanaryHit& hit : hits) found.insert(hit.canary);
  });
  if (!read.ok()) return read;
  return found.size();
}

}  // namespace sabun::leaks
