// One row of a snapshot as intake hands it to diff.
#pragma once

#include <cstdint>

#include "engine/record/ids.h"

namespace sabun {

// A row whose key is readable. 36 bytes: they decide how many rows fit into memory.
struct RowEntry {
  static constexpr uint64_t kMaxRows = uint64_t{1} << 31;

  Key128 key;
  Fingerprint128 fingerprint;
  uint32_t ordinal : 31;
  uint32_t is_delete : 1;
};

struct RowByKey {
  static uint64_t Word(const RowEntry& row) { return row.key.FirstWord(); }
  bool operator()(const RowEntry& a, const RowEntry& b) const {
    const auto order = a.key <=> b.key;
    return order != 0 ? order < 0 : a.ordinal < b.ordinal;
  }
};

}  // namespace sabun
