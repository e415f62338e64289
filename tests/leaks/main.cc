// canary-search: looks for planted values in files, folders and processes. Exit status: 0 none, 1 found, 2 wrong use or
// something could not be read.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

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

int Main(int argc, char** argv) {
  CLI::App app("canary-search: are these values anywhere in there, in any encoding?");
  std::string list;
  std::vector<std::string> paths, skipped;
  std::vector<int> processes;
  app.add_option("--canaries", list, "File with one value a line, UTF-8")->required();
  app.add_option("--process", processes, "Search what this process shows and holds open")->allow_extra_args(false);
  app.add_option("--skip", skipped, "With --process: an open file that may hold the values")->allow_extra_args(false);
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
  return report.leak_count == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sabun::leaks

int main(int argc, char** argv) { return sabun::leaks::Main(argc, argv); }
