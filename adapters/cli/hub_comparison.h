// What the hub lists, compared with what it accepted: for `verify --against-hub` and `resend --missing-at-hub`.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/cli/command_context.h"
#include "adapters/cli/engine_client.h"
#include "adapters/client/sync_session.h"

namespace sabun::cli {

struct HubComparison {
  std::string dataset;
  std::string hub_url;            // replaces the profile's when not empty
  bool resend = false;            // what differs is planned to be sent again; else nothing is stored
  uint32_t list_differences = 0;  // without resend
};

// Errors: FAILED_PRECONDITION (the profile's hub lists nothing), UNAVAILABLE, and those of the session; CANCELLED by
// Ctrl-C. What could not be read of the list is told on standard error.
absl::StatusOr<client::SyncResult> CompareWithHub(const CommandContext& context, const EngineClient& engine,
                                                  const HubComparison& comparison);

}  // namespace sabun::cli
