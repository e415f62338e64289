// An audit log of one test.
#pragma once

#include <memory>
#include <string>

#include "engine/audit/recorder.h"
#include "engine/base/check.h"
#include "engine/service/server.h"
#include "tests/support/temp_directory.h"

namespace sabun {

// A log in a directory of its own, with its anchor beside it. The store and the clock must outlive it.
class AuditTrail {
 public:
  AuditTrail(Store* store, Clock* clock, AuditOptions options = {})
      : log_(OpenIn(directory_.path(), store, clock, std::move(options))), recorder_(log_.get(), clock) {}

  AuditLog& log() { return *log_; }
  AuditRecorder& recorder() { return recorder_; }
  void GiveTo(ServerOptions* options) {
    options->audit_log = log_.get();
    options->audit = &recorder_;
  }

 private:
  static std::unique_ptr<AuditLog> OpenIn(const std::string& directory, Store* store, Clock* clock,
                                          AuditOptions options) {
    options.directory = directory + "/audit";
    options.anchor = directory + "/anchor";
    auto log = AuditLog::Open(store, clock, std::move(options));
    SABUN_CHECK(log.ok());
    return *std::move(log);
  }

  TempDirectory directory_;
  std::unique_ptr<AuditLog> log_;
  AuditRecorder recorder_;
};

}  // namespace sabun
