#include "engine/diff/known_fingerprints.h"

#include <cstring>

#include "engine/base/status_macros.h"

namespace sabun {

absl::StatusOr<KnownFingerprints> KnownFingerprints::Read(Store* store, uint32_t dataset, const IndexExtent& extent) {
  const uint64_t at_most = extent.page_entries + extent.overlay_entries;
  if (at_most >= uint64_t{1} << 32) return absl::InvalidArgumentError("index: too many entries to be held in memory");
  KnownFingerprints known;
  known.bytes_ = HugeArray<char>(at_most * kBytes);
  known.starts_.reserve((size_t{1} << kBits) + 1);
  IndexScan index(store, dataset, extent);
  uint32_t count = 0;
  for (; index.Valid(); index.Next()) {
    known.starts_.resize((index.entry().key.FirstWord() >> (64 - kBits)) + 1, count);
    std::memcpy(known.bytes_.data() + kBytes * count++, index.entry().fingerprint.view().data(), kBytes);
  }
  RETURN_IF_ERROR(index.Proof());
  known.starts_.resize((size_t{1} << kBits) + 1, count);
  return known;
}

bool KnownFingerprints::Contains(const Key128& key, const Fingerprint128& fingerprint) const {
  const uint64_t bucket = key.FirstWord() >> (64 - kBits);
  for (uint32_t i = starts_[bucket]; i < starts_[bucket + 1]; ++i) {
    if (std::memcmp(bytes_.data() + kBytes * i, fingerprint.view().data(), kBytes) == 0) return true;
  }
  return false;
}

}  // namespace sabun
