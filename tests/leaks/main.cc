// canary-search: looks for planted values in files, folders and processes. Exit status: 0 none, 1 found, 2 wrong use or
// something could not be read.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "keys/key_ring.h"
#include "keys/key_source.h"
#include "tests/leaks/process_memory.h"
#include "tests/leaks/searched_places.h"

namespace sabun::leaks {
namespace {

std::vector<std::string> LinesOf(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// What was asked of a process's memory.
struct MemoryFlags {
  int process = 0;
  std::string key, ring;
};

// Keys may lie in locked memory only; people's values are counted. How many keys lie elsewhere.
absl::StatusOr<size_t> SearchMemory(const CanarySearch& search, const MemoryFlags& flags) {
  const auto memory = ProcessMemory::Of(flags.process);
  if (!memory.ok()) return memory.status();
  const auto ring = KeyRing::Open(flags.ring, [&] { return ReadKeyFile(flags.key); });
  if (!ring.ok()) return ring.status();
  std::vector<std::string> names = {"the key that wraps", "the lasting key"};
  std::vector<std::string> secrets = {std::string(ReadKeyFile(flags.key)->view()),
                                      std::string((*ring)->lasting_key().view())};
  for (const auto& [epoch, unused] : (*ring)->contents().epochs) {
    names.push_back("the key of epoch " + std::to_string(epoch));
    secrets.emplace_back((*ring)->Find(epoch)->view());
  }
  const auto places = memory->Find(secrets);
  if (!places.ok()) return places.status();
  size_t loose = 0;
  for (size_t i = 0; i < secrets.size(); ++i) {
    const SecretPlaces& found = (*places)[i];
    loose += found.elsewhere > 0 ? 1 : 0;
    std::cout << names[i] << ": locked=" << found.locked << " elsewhere=" << found.elsewhere
              << (found.areas.empty() ? "" : " first in " + found.areas.front()) << '\n';
  }
  const auto values = memory->CountValues(search);
  if (!values.ok()) return values.status();
  std::cout << "memory_keys=" << secrets.size() << " loose=" << loose << " memory_values=" << *values << '\n';
  return loose;
}

int Main(int argc, char** argv) {
  CLI::App app("canary-search: are these values anywhere in there, in any encoding?");
  std::string list;
  std::vector<std::string> paths, skipped;
  std::vector<int> processes;
  app.add_option("--canaries", list, "File with one value a line, UTF-8")->required();
  app.add_option("--process", processes, "Search what this process shows and holds open")->allow_extra_args(false);
  app.add_option("--skip", skipped, "With --process: an open file that may hold the values")->allow_extra_args(false);
  MemoryFlags memory;
  CLI::Option* const asked = app.add_option("--memory", memory.process, "Search the memory of this process for keys");
  app.add_option("--key", memory.key, "With --memory: its key file")->needs(asked);
  app.add_option("--ring", memory.ring, "With --memory: its key ring")->needs(asked);
  app.add_option("paths", paths, "Files and folders");
  CLI11_PARSE(app, argc, argv);
  const std::vector<std::string> canaries = LinesOf(list);
  if (canaries.empty()) {
    std::cerr << "canary-search: there is nothing to look for in " << list << '\n';
    return 2;
  }
  const CanarySearch search(canaries);
  SearchReport report;
  absl::Status status;
  for (const std::string& path : paths) status.Update(SearchPath(search, path, &report));
  for (const int process : processes) status.Update(SearchProcess(search, process, skipped, &report));
  size_t loose = 0;
  if (memory.process != 0) {
    const auto found = SearchMemory(search, memory);
    status.Update(found.status());
    if (found.ok()) loose = *found;
  }
  for (const SearchReport::Leak& leak : report.leaks) {
    std::cout << leak.path << ": value of line " << leak.hit.canary + 1 << " (" << leak.hit.form << ") at byte "
              << leak.hit.position << '\n';
  }
  std::cout << "values=" << canaries.size() << " forms=" << search.form_count() << " files=" << report.files
            << " bytes=" << report.bytes << " leaks=" << report.leak_count << '\n';
  if (!status.ok()) {
    std::cerr << "canary-search: " << status.message() << '\n';
    return 2;
  }
  return report.leak_count == 0 && loose == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sabun::leaks

int main(int argc, char** argv) { return sabun::leaks::Main(argc, argv); }
