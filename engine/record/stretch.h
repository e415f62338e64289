// What is known of a source's file beyond its rows: that some of them follow on each other in just these bytes.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/record/ids.h"

namespace sabun {

// Consecutive rows, each of one line.
struct Stretch {
  static constexpr uint32_t kMostRows = 255;
  static constexpr uint32_t kMostBytes = (1 << 24) - 1;

  Fingerprint128 hash;  // of all their bytes, under the secret of fingerprints
  uint64_t sum = 0;     // of StretchWord of each row
  uint32_t anchor = 0;  // the first four bytes of the first row's fingerprint
  uint32_t bytes = 0;
  uint32_t rows = 0;  // 0: there is none

  friend bool operator==(const Stretch&, const Stretch&) = default;
};

// The claims and new stretches of a message; see Fingerprints in intake.proto.
struct StretchBlock {
  absl::Span<const uint64_t> claimed_ordinals;
  absl::Span<const uint32_t> claimed;
  absl::Span<const uint64_t> formed_ordinals;
  absl::string_view formed;
};

// What a row adds to the sum of its stretch: only the same rows, with the same content, have the same sum.
inline uint64_t StretchWord(const Fingerprint128& fingerprint) { return fingerprint.FirstWord(); }

}  // namespace sabun
