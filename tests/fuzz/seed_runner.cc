// Runs a fuzz target where there is no libFuzzer: its seeds, and then changes of them, the same ones every time.
//
//   TARGET_fuzz [--executions N] [--seed S] [--first I] FILE|FOLDER...
//
// A finding ends the process. Its last line says which input it was; --first and --executions 1 run that one alone.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// A sanitizer's finding raises SIGABRT, as the target's own does.
extern "C" const char* __asan_default_options() { return "abort_on_error=1"; }
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }

namespace {

constexpr size_t kMaxBytes = 4096;

char input_at_hand[200] = "";

void NameInput(int signal) {
  if (write(STDERR_FILENO, input_at_hand, std::strlen(input_at_hand)) < 0) std::_Exit(1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Run(const std::string& bytes) {
  // In memory of its own, so that a read past the end shows.
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

// A few small changes of one seed; the same for the same number.
class Mutator {
 public:
  Mutator(const std::vector<std::string>& seeds, uint64_t number) : seeds_(seeds), random_(number) {}

  std::string Make() {
    std::string bytes = Pick();
    for (size_t changes = 1 + Below(8); changes > 0; --changes) Change(&bytes);
    bytes.resize(std::min(bytes.size(), kMaxBytes));
    return bytes;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  const std::string& Pick() { return seeds_[Below(seeds_.size())]; }
  std::string Piece(const std::string& from) {
    const size_t at = Below(from.size() + 1);
    return from.substr(at, Below(from.size() - at + 1));
  }
  void Change(std::string* bytes) {
    const size_t at = Below(bytes->size() + 1), kind = Below(8);
    const bool inside = at < bytes->size();
    static constexpr unsigned char kOdd[] = {0, 1, 0x7F, 0x80, 0xFF, '"', '\n', ',', '{', '[', '9', '-'};
    if (kind == 0 && inside) (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << Below(8)));
    if (kind == 1 && inside) (*bytes)[at] = static_cast<char>(kOdd[Below(sizeof(kOdd))]);
    if (kind == 2 && inside) (*bytes)[at] = static_cast<char>(Below(256));
    if (kind == 3) bytes->insert(at, 1 + Below(4), static_cast<char>(Below(256)));
    if (kind == 4) bytes->erase(at, Below(bytes->size() - at + 1));
    if (kind == 5) bytes->insert(at, Piece(*bytes));
    if (kind == 6) bytes->insert(at, Piece(Pick()));
    if (kind == 7) bytes->insert(at, 1, static_cast<char>(kOdd[Below(sizeof(kOdd))]));
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_;
};

std::vector<std::string> ReadSeeds(const std::vector<std::filesystem::path>& places) {
  std::vector<std::filesystem::path> files;
  for (const auto& place : places) {
    if (!std::filesystem::is_directory(place)) files.push_back(place);
    if (!std::filesystem::is_directory(place)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(place)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t executions = 0, seed = 1, first = 0;
  std::vector<std::filesystem::path> places;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    uint64_t* const number = word == "--executions" ? &executions
                             : word == "--seed"     ? &seed
                             : word == "--first"    ? &first
                                                    : nullptr;
    if (number == nullptr) {
      places.emplace_back(word);
    } else if (++i < argc) {
      *number = std::strtoull(argv[i], nullptr, 10);
    }
  }
  const std::vector<std::string> seeds = ReadSeeds(places);
  if (seeds.empty()) {
    std::cerr << "no seeds\n";
    return 2;
  }
  std::signal(SIGABRT, NameInput);
  for (size_t i = 0; i < seeds.size() && first == 0; ++i) {
    std::snprintf(input_at_hand, sizeof(input_at_hand), "\nthis was seed %zu of the folder, by name\n", i + 1);
    Run(seeds[i]);
  }
  for (uint64_t i = first; i < first + executions; ++i) {
    std::snprintf(input_at_hand, sizeof(input_at_hand), "\nonce more: --seed %llu --first %llu --executions 1\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(i));
    Run(Mutator(seeds, seed * 1'000'000'007 + i).Make());
  }
  std::cout << seeds.size() << " seeds and " << executions << " changes of them, seed " << seed << ": nothing found\n";
  return 0;
}
