// Files and folders that a search goes through, those that only a running process still holds among them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/leaks/canary_search.h"

namespace sabun::leaks {

// What a search saw.
struct SearchReport {
  struct Leak {
    std::string path;
    CanaryHit hit;
  };
  std::vector<Leak> leaks;  // the first hundred
  uint64_t leak_count = 0;
  uint64_t files = 0;
  uint64_t bytes = 0;
};

// Searches one file, or every regular file below a folder (symbolic links are not followed; names are searched as
// well). Errors: NOT_FOUND, UNAVAILABLE (it cannot be read): what was not read is not clean.
absl::Status SearchPath(const CanarySearch& search, const std::string& path, SearchReport* report);

// Searches what process `id` shows and holds: its command line, its environment, and the regular files that it has
// open, also those without a name. Files that `skipped` names are left out: the source itself.
absl::Status SearchProcess(const CanarySearch& search, int id, const std::vector<std::string>& skipped,
                           SearchReport* report);

}  // namespace sabun::leaks
