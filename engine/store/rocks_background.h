// What RocksDB does by itself and nobody waits for. Included by rocks_store.cc alone.
#pragma once

#include <rocksdb/listener.h>

#include <memory>
#include <utility>

#include "engine/store/failure_latch.h"
#include "engine/store/rocks_files.h"

namespace sabun {

// Failures of flushes and compactions, which no call would see.
class BackgroundErrors : public rocksdb::EventListener {
 public:
  explicit BackgroundErrors(std::shared_ptr<FailureLatch> failure) : failure_(std::move(failure)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    failure_->Note(RocksStatus(*error, "background")).IgnoreError();
  }
  // RocksDB would wait for room on the disk and go on by itself: in vain, and closing would wait for that.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* goes_on) override {
    *goes_on = false;
  }

 private:
  std::shared_ptr<FailureLatch> failure_;
};

}  // namespace sabun
