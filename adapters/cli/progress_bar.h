// A line on a terminal that shows how far a command is.
#pragma once

#include <mutex>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sabun::cli {

// Draws on standard error, at most ten times a second; does nothing when that is no terminal. Thread-safe.
class ProgressBar {
 public:
  explicit ProgressBar(bool wanted);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  // Takes the line away.
  ~ProgressBar();

  // `fraction` from 0 to 1 draws a bar; below 0 there is only the text.
  void Show(absl::string_view text, double fraction);
  void Clear();

 private:
  const bool enabled_;
  std::mutex mutex_;
  absl::Time next_draw_ = absl::InfinitePast();
  bool drawn_ = false;
};

}  // namespace sabun::cli
