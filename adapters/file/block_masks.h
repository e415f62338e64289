// The kernel of the first pass: where the delimiters, quotes and line feeds of a text are, 64 bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sabun::file {

constexpr size_t kBlockBytes = 64;

// One block of 64 bytes: bit i stands for byte i.
struct BlockMasks {
  uint64_t delimiters;
  uint64_t quotes;
  uint64_t line_feeds;
  uint64_t
      quoted;  // bytes after an odd number of the block's quotes; an opening quote itself counts, a closing one not
  bool operator==(const BlockMasks&) const = default;
};

// Puts the masks of `blocks` blocks that begin at `data` into `masks`. The delimiter is neither a quote nor a line
// feed.
using FindMasks = void (*)(const char* data, size_t blocks, char delimiter, BlockMasks* masks);

struct MaskKernel {
  absl::string_view name;
  FindMasks find;
};

// The implementations that this processor can run, the fastest last. All give the same masks. Thread-safe.
absl::Span<const MaskKernel> MaskKernels();

}  // namespace sabun::file
