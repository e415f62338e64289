// Random bytes from the operating system. Not through OpenSSL, which keeps a generator for every thread, also for those
// of RocksDB that end after OpenSSL has cleaned up.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <string>

#include "engine/base/check.h"

namespace sabun {

inline std::string RandomBytes(size_t size) {
  constexpr size_t kMostAtOnce = 256;  // what getentropy gives
  std::string bytes(size, '\0');
  for (size_t at = 0; at < size; at += kMostAtOnce) {
    SABUN_CHECK(getentropy(&bytes[at], std::min(kMostAtOnce, size - at)) == 0);
  }
  return bytes;
}

}  // namespace sabun
