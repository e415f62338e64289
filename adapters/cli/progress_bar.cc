#include "adapters/cli/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sabun::cli {
namespace {

constexpr int kBarColumns = 30;
constexpr absl::Duration kDrawInterval = absl::Milliseconds(100);
constexpr char kEraseLine[] = "\r\x1B[K";

}  // namespace

ProgressBar::ProgressBar(bool wanted) : enabled_(wanted && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() { Clear(); }

void ProgressBar::Show(absl::string_view text, double fraction) {
  if (!enabled_) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  const absl::Time now = absl::Now();
  if (now < next_draw_) return;
  next_draw_ = now + kDrawInterval;
  std::string line = kEraseLine;
  if (fraction >= 0) {
    const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kBarColumns);
    absl::StrAppend(&line, "[", std::string(filled, '#'), std::string(kBarColumns - filled, '.'), "] ");
  }
  absl::StrAppend(&line, text);
  std::cerr << line << std::flush;
  drawn_ = true;
}

void ProgressBar::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (drawn_) std::cerr << kEraseLine << std::flush;
  drawn_ = false;
}

}  // namespace sabun::cli
