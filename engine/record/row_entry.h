// One row of a snapshot as intake hands it to diff.
#pragma once

#include <cstdint>

#include "engine/record/ids.h"

namespace sabun {

// A row whose key is readable.
struct RowEntry {
  Key128 key;
  Fingerprint128 fingerprint;
  uint64_t ordinal;
  bool is_delete;
};

struct RowByKey {
  bool operator()(const RowEntry& a, const RowEntry& b) const {
    const auto order = a.key <=> b.key;
    return order != 0 ? order < 0 : a.ordinal < b.ordinal;
  }
};

}  // namespace sabun
