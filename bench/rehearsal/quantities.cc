#include "bench/rehearsal/quantities.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "adapters/cli/text_layout.h"

namespace sabun::bench {

Words SameText(const std::string& text) { return {text, text}; }

Words CountText(double count) {
  return SameText(cli::GroupDigits(static_cast<uint64_t>(std::llround(std::max(0.0, count)))));
}

Words SecondsText(double seconds) {
  if (seconds < 59.95) {
    const std::string text = seconds < 10 ? absl::StrFormat("%.2f", seconds) : absl::StrFormat("%.1f", seconds);
    return {text + "秒", text + " s"};
  }
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) {
    return {absl::StrFormat("%d分%02d秒", whole / 60, whole % 60),
            absl::StrFormat("%d min %02d s", whole / 60, whole % 60)};
  }
  const int64_t minutes = (whole + 30) / 60;
  return {absl::StrFormat("%s時間%02d分", cli::GroupDigits(minutes / 60), minutes % 60),
          absl::StrFormat("%s h %02d min", cli::GroupDigits(minutes / 60), minutes % 60)};
}

Words BytesText(double bytes) {
  static constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1000;
    ++unit;
  }
  const int digits = unit == 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
  return SameText(absl::StrFormat("%.*f %s", digits, bytes, kUnits[unit]));
}

Words RateText(double records_per_second) {
  const std::string count = CountText(records_per_second).en;
  return {count + "件/秒", count + " records/s"};
}

Words PercentText(double percent) { return SameText(absl::StrFormat("%.4g %%", percent)); }

Words LimitText(const std::optional<uint64_t>& records) {
  if (!records.has_value()) return {"100億件まで達しない", "not reached with 10,000,000,000 records"};
  const std::string count = cli::GroupDigits(*records);
  return {count + "件", count + " records"};
}

}  // namespace sabun::bench
