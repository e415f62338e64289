// What lies in the memory of a running process, and whether it is locked there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/leaks/canary_search.h"

namespace sabun::leaks {

// Where one secret was found.
struct SecretPlaces {
  uint64_t locked = 0;  // in memory that is locked against swapping and in no dump
  uint64_t elsewhere = 0;
  std::vector<std::string> areas;  // of the latter: "[heap]", a file's name, or "anonymous"
};

// Everything that process `id` can read of its own, by /proc; the caller must be allowed to (root, or a process that
// permits it). Errors: UNAVAILABLE.
class ProcessMemory {
 public:
  static absl::StatusOr<ProcessMemory> Of(int id);

  // Of each secret, byte by byte as it is.
  absl::StatusOr<std::vector<SecretPlaces>> Find(const std::vector<std::string>& secrets) const;
  // How many of the values of `search` are there in any form, of how many.
  absl::StatusOr<size_t> CountValues(const CanarySearch& search) const;

 private:
  struct Area {
    uint64_t begin = 0, end = 0;
    bool is_locked = false;
    std::string name;
  };
  // Gives the bytes of one area after the other, in pieces that overlap by `overlap`.
  template <typename Take>
  absl::Status Read(size_t overlap, const Take& take) const;

  int id_ = 0;
  std::vector<Area> areas_;
};

}  // namespace sabun::leaks
