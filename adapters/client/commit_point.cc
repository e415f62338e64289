#include "adapters/client/commit_point.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace sabun::client {
namespace {

bool TakeSuffix(std::string_view* text, std::string_view suffix) {
  if (!text->ends_with(suffix)) return false;
  text->remove_suffix(suffix.size());
  return true;
}

}  // namespace

ArmedPoint ParseArmedPoint(std::string_view text) {
  ArmedPoint point;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view times = text.substr(colon + 1);
    if (!absl::SimpleAtoi(absl::string_view(times.data(), times.size()), &point.times) || point.times == 0) return {};
    text = text.substr(0, colon);
  }
  point.after = TakeSuffix(&text, ".after");
  if (!point.after && !TakeSuffix(&text, ".before")) return {};
  for (point.step = 0; point.step < kCommitSteps.size() && kCommitSteps[point.step] != text;) ++point.step;
  return point.step == kCommitSteps.size() ? ArmedPoint() : point;
}

namespace commit_point_internal {

ArmedPoint FromEnvironment() {
  const char* const text = std::getenv("SABUN_KILL_AT");
  return text == nullptr ? ArmedPoint() : ParseArmedPoint(text);
}

void Pass() {
  static std::atomic<uint64_t> passed = 0;
  if (++passed != armed.times) return;
  // As sudden as a power cut for this process: no destructor, no buffer, no other thread goes on.
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

}  // namespace commit_point_internal
}  // namespace sabun::client
