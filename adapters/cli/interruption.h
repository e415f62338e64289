// Ctrl-C and SIGTERM as a flag.
#pragma once

#include <atomic>

namespace sabun::cli {

// From now on the first SIGINT or SIGTERM sets the flag, and the second one ends the process. Also turns SIGBUS, which
// comes when somebody cuts a mapped file short, into a message and exit status 1. Call once, before threads are
// started.
const std::atomic<bool>& WatchForInterruption();

}  // namespace sabun::cli
