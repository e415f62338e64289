// Says, before the merge, whether a row is most probably unchanged.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/huge_array.h"
#include "engine/record/row_entry.h"
#include "engine/store/index.h"

namespace sabun {

// Five bytes of every fingerprint of an index, in the order of their keys. Thread safe once made.
class KnownFingerprints {
 public:
  // Memory in bytes for so many index entries.
  static uint64_t MemoryFor(uint64_t entries) { return entries * kBytes + (sizeof(uint32_t) << kBits); }
  // Errors: DATA_LOSS (the index is damaged), INVALID_ARGUMENT (2^32 entries and more).
  static absl::StatusOr<KnownFingerprints> Read(Store* store, uint32_t dataset, const IndexExtent& extent);

  // False is certain. True is wrong for one changed row in about 10^10.
  bool Contains(const Key128& key, const Fingerprint128& fingerprint) const;

 private:
  static constexpr int kBits = 20;
  static constexpr size_t kBytes = 5;

  std::vector<uint32_t> starts_;  // of the keys that begin with the same kBits
  HugeArray<char> bytes_;         // kBytes an entry
};

}  // namespace sabun
