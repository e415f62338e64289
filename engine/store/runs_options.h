// Where a sorter may put what does not fit.
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/memory_reserve.h"

namespace sabun {

struct RunsOptions {
  std::string directory;             // for spilled runs
  size_t memory_bytes = 64 << 20;    // of entries, before they are spilled
  MemoryReserve* reserve = nullptr;  // where large blocks of entries lie; nothing: fresh memory
};

}  // namespace sabun
