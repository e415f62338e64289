// The command line of sabund.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/audit/audit_log.h"
#include "engine/service/transport.h"
#include "keys/key_source.h"

namespace sabun {

// What sabund is told on its command line and in its --config file.
struct Arguments {
  static constexpr int kExitWrongUse = 2;

  std::string data, access, witness;
  KeySource key;
  double key_epoch_days = 7;
  TransportOptions transport;
  AuditOptions audit;
  double audit_keep_days = 7 * 366;
  bool accept_store = false;
  size_t row_memory_mib = 192, delta_memory_mib = 24, cache_mib = 64;
  int max_snapshots = 4, source_silence_minutes = 10;
  double scrub_every_hours = 24;
  uint64_t scrub_mib_per_second = 20;
  std::string journal;
  bool allow_debugger = false;
};

// The status to end with at once: help or the version was asked for, or the use was wrong, which was said then.
std::optional<int> ParseArguments(int argc, char** argv, const char* version, Arguments* arguments);

}  // namespace sabun
