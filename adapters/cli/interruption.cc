#include "adapters/cli/interruption.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace sabun::cli {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

extern "C" void Interrupt(int) { interrupted = true; }

extern "C" void FileWasCut(int) {
  constexpr char kMessage[] =
      "sabun: 読んでいる間にファイルが短くなりました。何も取り込んでいません。"
      " / the file was cut short while it was read. Nothing was stored.\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kMessage, std::strlen(kMessage));
  ::_exit(1);
}

void Install(int signal, void (*function)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = function;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

const std::atomic<bool>& WatchForInterruption() {
  // The default action is back after the first one, so that a second Ctrl-C ends a process that hangs.
  Install(SIGINT, &Interrupt, SA_RESETHAND);
  Install(SIGTERM, &Interrupt, SA_RESETHAND);
  Install(SIGBUS, &FileWasCut, SA_RESETHAND);
  return interrupted;
}

}  // namespace sabun::cli
