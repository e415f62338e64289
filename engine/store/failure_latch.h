// Remembers the first failure after which a store cannot be trusted, and tells it once.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"

namespace sabun {

// Thread safe.
class FailureLatch {
 public:
  using Told = std::function<void(const absl::Status&)>;

  // Whom to tell; before it is set, failures are only remembered.
  void Tell(Told told) {
    const std::lock_guard<std::mutex> lock(mutex_);
    told_ = std::move(told);
  }

  // Passes `status` on. The first one that is not OK is what Health says from then on.
  absl::Status Note(absl::Status status) {
    if (status.ok() || failed_.load(std::memory_order_acquire)) return status;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failed_.load(std::memory_order_relaxed)) return status;
    failure_ = Failed(status);
    failed_.store(true, std::memory_order_release);
    if (told_) told_(failure_);
    return status;
  }

  // OK, or UNAVAILABLE with the code STORE-FAILED, for ever.
  absl::Status Health() const {
    if (!failed_.load(std::memory_order_acquire)) return absl::OkStatus();
    return failure_;  // does not move any more
  }

 private:
  static absl::Status Failed(const absl::Status& status) {
    const std::string cause(status.message());
    return CodedError(absl::StatusCode::kUnavailable,
                      {"STORE-FAILED",
                       absl::StrCat("the store cannot be trusted any more (", cause,
                                    "); the engine ends, and finds out what is stored when it is started again"),
                       absl::StrCat("ストアへの書き込みまたは読み出しに失敗しました（", cause,
                                    "）。エンジンは終了し、再起動時に保存済みの内容を確認します。")});
  }

  std::mutex mutex_;
  std::atomic<bool> failed_{false};
  Told told_;
  absl::Status failure_;
};

}  // namespace sabun
