#include "tests/fault/surgery.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sabun::fault {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBlockBytes = 4096;

bool IsOfKind(const std::string& name, FileKind kind) {
  switch (kind) {
    case FileKind::kLog:
      return absl::EndsWith(name, ".log");
    case FileKind::kTable:
      return absl::EndsWith(name, ".sst");
    case FileKind::kManifest:
      return absl::StartsWith(name, "MANIFEST");
    case FileKind::kCurrent:
      return name == "CURRENT";
    case FileKind::kOptions:
      return absl::StartsWith(name, "OPTIONS");
    case FileKind::kIdentity:
      return name == "IDENTITY";
    default:
      return false;
  }
}

// In the order of their names, so that a seed always finds the same.
std::vector<std::string> FilesOf(const PatientFiles& patient, FileKind kind) {
  if (kind == FileKind::kKey) return {patient.key()};
  if (kind == FileKind::kWitness) return {patient.witness()};
  std::vector<std::string> files;
  for (const auto& file : fs::directory_iterator(patient.data() + "/rocksdb")) {
    if (IsOfKind(file.path().filename().string(), kind)) files.push_back(file.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteWhole(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  SABUN_CHECK(out.good());
}

class Surgeon {
 public:
  Surgeon(const PatientFiles& patient, const PatientFiles& older, uint64_t seed)
      : patient_(patient), older_(older), random_(seed) {}

  std::string OperateOnAll() {
    fs::remove_all(patient_.data());
    fs::copy(older_.data(), patient_.data(), fs::copy_options::recursive);
    return "an older copy of the whole directory";
  }

  std::string OperateOnOne(FileKind kind) {
    const std::vector<std::string> files = FilesOf(patient_, kind);
    SABUN_CHECK(!files.empty());
    const std::string path = files[Dice(files.size())];
    const std::string name = fs::path(path).filename().string();
    switch (Dice(7)) {
      case 0:
        fs::remove(path);
        return absl::StrCat("remove ", name);
      case 1:
        return TakeBack(kind, path);
      case 2:
        if (files.size() > 1) return Swap(files, path);
        [[fallthrough]];
      default:
        return absl::StrCat(Damage(path), " of ", name);
    }
  }

 private:
  uint64_t Dice(uint64_t sides) { return random_() % sides; }
  static size_t Place(const std::vector<std::string>& files, const std::string& path) {
    return static_cast<size_t>(std::find(files.begin(), files.end(), path) - files.begin());
  }

  // The file of the same name, or else of the same kind, as it was earlier.
  std::string TakeBack(FileKind kind, const std::string& path) {
    const std::vector<std::string> files = FilesOf(older_, kind);
    if (files.empty()) return absl::StrCat(Damage(path), " of ", fs::path(path).filename().string());
    std::string from = files[Dice(files.size())];
    for (const std::string& file : files) {
      if (fs::path(file).filename() == fs::path(path).filename()) from = file;
    }
    fs::copy_file(from, path, fs::copy_options::overwrite_existing);
    return absl::StrCat("an older ", fs::path(from).filename().string(), " as ", fs::path(path).filename().string());
  }

  std::string Swap(const std::vector<std::string>& files, const std::string& path) {
    const std::string& other = files[(Dice(files.size() - 1) + 1 + Place(files, path)) % files.size()];
    const std::string bytes = ReadWhole(path);
    WriteWhole(path, ReadWhole(other));
    WriteWhole(other, bytes);
    return absl::StrCat("swap ", fs::path(path).filename().string(), " with ", fs::path(other).filename().string());
  }

  std::string Damage(const std::string& path) {
    std::string bytes = ReadWhole(path);
    std::string what;
    // Mostly behind the head of the file, which is long and empty.
    const uint64_t begin = bytes.size() > kBlockBytes && Dice(4) != 0 ? kBlockBytes : 0;
    const uint64_t at = begin + Dice(bytes.size() - begin);
    switch (Dice(4)) {
      case 0:
        bytes.resize(at);
        what = absl::StrCat("cut at ", at);
        break;
      case 1: {
        const uint64_t from = Dice(2) == 0 ? at : bytes.size() - std::min<uint64_t>(bytes.size(), 1 + Dice(200));
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), '\0');
        what = absl::StrCat("zero from ", from);
        break;
      }
      case 2: {
        const uint64_t block = at / kBlockBytes * kBlockBytes;
        const uint64_t end = std::min<uint64_t>(bytes.size(), block + kBlockBytes);
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(block), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                  '\0');
        what = absl::StrCat("zero the block at ", block);
        break;
      }
      default:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << Dice(8)));
        what = absl::StrCat("flip a bit at ", at);
    }
    WriteWhole(path, bytes);
    return what;
  }

  const PatientFiles& patient_;
  const PatientFiles& older_;
  std::mt19937_64 random_;
};

}  // namespace

const char* ToString(FileKind kind) {
  constexpr const char* kNames[kFileKindCount] = {"log",      "table", "MANIFEST", "CURRENT",        "OPTIONS",
                                                  "IDENTITY", "key",   "witness",  "whole directory"};
  return kNames[static_cast<size_t>(kind)];
}

Surgery Operate(const PatientFiles& patient, const PatientFiles& older, uint64_t number, uint64_t seed) {
  // Where the data is, more is done.
  constexpr FileKind kTurns[] = {FileKind::kLog,      FileKind::kTable,    FileKind::kManifest, FileKind::kTable,
                                 FileKind::kCurrent,  FileKind::kLog,      FileKind::kTable,    FileKind::kOptions,
                                 FileKind::kManifest, FileKind::kIdentity, FileKind::kLog,      FileKind::kKey,
                                 FileKind::kTable,    FileKind::kWitness,  FileKind::kLog,      FileKind::kWhole};
  Surgery surgery;
  surgery.kind = kTurns[number % std::size(kTurns)];
  Surgeon surgeon(patient, older, seed);
  surgery.what = surgery.kind == FileKind::kWhole ? surgeon.OperateOnAll() : surgeon.OperateOnOne(surgery.kind);
  return surgery;
}

}  // namespace sabun::fault
