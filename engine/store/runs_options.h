// Where a sorter may put what does not fit.
#pragma once

#include <cstddef>
#include <string>

namespace sabun {

struct RunsOptions {
  std::string directory;           // for spilled runs
  size_t memory_bytes = 64 << 20;  // of entries, before they are spilled
};

}  // namespace sabun
