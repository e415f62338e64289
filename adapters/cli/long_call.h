// A call that streams how far it is: with a progress bar, and ended by Ctrl-C.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "adapters/cli/command_context.h"
#include "adapters/cli/interruption.h"
#include "adapters/cli/progress_bar.h"
#include "adapters/cli/text_layout.h"
#include "adapters/client/localized_status.h"

namespace sabun::cli {

// `start` begins the call; `take` gets every message. `doing` names the work, with the mebibytes so far as $0.
template <typename Response, typename Start, typename Take>
absl::Status LongCall(const CommandContext& context, const Text& doing, const Start& start, const Take& take) {
  const std::atomic<bool>& interrupted = WatchForInterruption();
  grpc::ClientContext call;
  ProgressBar bar(!context.json);
  const std::unique_ptr<grpc::ClientReader<Response>> reader = start(&call);
  Response response;
  while (reader->Read(&response)) {
    take(response);
    bar.Show(context.Say(doing, {GroupDigits(response.bytes() >> 20)}), -1);
    if (interrupted.load()) call.TryCancel();
  }
  return client::FromGrpc(reader->Finish());
}

}  // namespace sabun::cli
