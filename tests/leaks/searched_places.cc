#include "tests/leaks/searched_places.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sabun::leaks {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 4 << 20;
constexpr size_t kListedLeaks = 100;

void Keep(const std::string& path, const std::vector<CanaryHit>& hits, SearchReport* report) {
  for (const CanaryHit& hit : hits) {
    if (report->leak_count++ < kListedLeaks) report->leaks.push_back({path, hit});
  }
}

absl::Status SearchFile(const CanarySearch& search, const std::string& file, const std::string& shown,
                        SearchReport* report) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return absl::UnavailableError(absl::StrCat("cannot read ", shown));
  std::string piece;
  uint64_t position = 0;  // of the piece's first byte
  while (in) {
    const size_t kept = piece.size();
    piece.resize(kept + kPieceBytes);
    in.read(piece.data() + kept, kPieceBytes);
    piece.resize(kept + static_cast<size_t>(in.gcount()));
    report->bytes += static_cast<uint64_t>(in.gcount());
    std::vector<CanaryHit> hits;
    search.Find(piece, position, &hits);
    // What begins in the kept end is found again, and whole, with the next piece.
    const size_t next = in ? piece.size() - std::min(piece.size(), search.longest_form()) : piece.size();
    hits.erase(
        std::remove_if(hits.begin(), hits.end(), [&](const CanaryHit& hit) { return hit.position >= position + next; }),
        hits.end());
    Keep(shown, hits, report);
    piece.erase(0, next);
    position += next;
  }
  if (in.bad()) return absl::UnavailableError(absl::StrCat("cannot read ", shown, " to its end"));
  ++report->files;
  return absl::OkStatus();
}

void SearchName(const CanarySearch& search, const std::string& path, SearchReport* report) {
  std::vector<CanaryHit> hits;
  search.Find(path, 0, &hits);
  Keep(absl::StrCat("the name of ", fs::path(path).parent_path().string(), "/..."), hits, report);
}

}  // namespace

absl::Status SearchPath(const CanarySearch& search, const std::string& path, SearchReport* report) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return absl::NotFoundError(absl::StrCat("there is no ", path));
  SearchName(search, path, report);
  if (!fs::is_directory(path, error)) return SearchFile(search, path, path, report);
  for (fs::recursive_directory_iterator entry(path, error), end; entry != end; entry.increment(error)) {
    if (error) break;
    SearchName(search, entry->path().string(), report);
    if (!entry->is_regular_file() || entry->is_symlink()) continue;
    const absl::Status status = SearchFile(search, entry->path().string(), entry->path().string(), report);
    // A running store may take a file away between its listing and its reading.
    if (!status.ok() && fs::exists(entry->path())) return status;
  }
  return error ? absl::UnavailableError(absl::StrCat("cannot list ", path)) : absl::OkStatus();
}

absl::Status SearchProcess(const CanarySearch& search, int id, const std::vector<std::string>& skipped,
                           SearchReport* report) {
  const std::string folder = absl::StrCat("/proc/", id);
  for (const char* name : {"cmdline", "environ", "comm"}) {
    const std::string path = absl::StrCat(folder, "/", name);
    const absl::Status status = SearchFile(search, path, path, report);
    if (!status.ok()) return status;
  }
  std::error_code error;
  for (fs::directory_iterator entry(folder + "/fd", error), end; entry != end; entry.increment(error)) {
    if (error) break;
    const std::string target = fs::read_symlink(entry->path(), error).string();
    if (error || !fs::is_regular_file(entry->path(), error)) continue;
    if (std::find(skipped.begin(), skipped.end(), target) != skipped.end()) continue;
    const absl::Status status =
        SearchFile(search, entry->path().string(), absl::StrCat(entry->path().string(), " -> ", target), report);
    if (!status.ok()) return status;
  }
  return error ? absl::UnavailableError(absl::StrCat("cannot list ", folder, "/fd")) : absl::OkStatus();
}

}  // namespace sabun::leaks
