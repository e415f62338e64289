// How a rehearsal writes numbers with their units.
#pragma once

#include <cstdint>
#include <optional>

#include "bench/rehearsal/words.h"

namespace sabun::bench {

inline double Number(uint64_t value) { return static_cast<double>(value); }

// "1,234,567".
Words CountText(double count);
// "0.42 s", "3 min 20 s", "5 h 07 min"; in Japanese 秒, 分, 時間.
Words SecondsText(double seconds);
// Decimal units: "312 bytes", "1.23 GB".
Words BytesText(double bytes);
// "12,345 records/s".
Words RateText(double records_per_second);
// "0.5 %".
Words PercentText(double percent);
// The records of a limit, or that it is not reached.
Words LimitText(const std::optional<uint64_t>& records);
// Without translation.
Words SameText(const std::string& text);

}  // namespace sabun::bench
