// The hub of a simulation: answers the adapter's HTTP calls from memory, by the oracle's record, and misbehaves by
// dice.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "adapters/pmh/http_client.h"
#include "tests/sim/dice.h"
#include "tests/sim/oracle.h"

namespace sabun::sim {

// What a call to the hub meets.
enum class HubFault {
  kNone,
  kDown,         // no connection
  kBusy,         // 429 with Retry-After
  kBroken,       // 503, nothing done
  kPage,         // a page for people, nothing done
  kLostAnswer,   // done, and no answer
  kCutAnswer,    // done, and half an answer
  kBrokenAfter,  // done, and 500
  kTwice,        // done two times
  kLate,         // no answer; done later, before the next call is
  kNoEntry,      // the token is refused
  kSlowTask,     // posts: the task runs for some questions
  kEndlessTask,  // posts: the task never ends
  kLostTask,     // posts: the task is forgotten
  kFailedTask,   // posts: nothing is done and the task fails
  kSomeAgain,    // posts: some elements are to be sent again
  kBadResults    // posts: the task's answer names an element twice
};
inline constexpr int kHubFaults = 17;

class SimulatedHub final : public HttpExchange {
 public:
  // `before` is called at the begin of every exchange, with what is asked.
  SimulatedHub(Oracle* oracle, std::function<void(const std::string&)> log) : oracle_(oracle), log_(std::move(log)) {}

  // From now on one call in `one_in` meets a fault of `dice`; 0: none.
  void Misbehave(uint64_t seed, int one_in);
  // How often each fault was met.
  const std::map<HubFault, uint64_t>& met() const { return met_; }

  HttpReply Exchange(const HttpRequest& request) override;

 private:
  struct Task {
    std::string answer;
    int questions_left = 0;  // below 0: it never ends
  };
  HubFault NextFault(bool post);
  HttpReply Post(const std::string& body, HubFault fault);
  HttpReply Ask(const std::string& task_id, HubFault fault);
  // Applies the elements; the results as the hub tells them, or a code that refuses the call.
  std::string Do(const std::vector<Element>& elements, HubFault fault, std::string* refusal);
  void FinishLate();

  Oracle* oracle_;
  std::function<void(const std::string&)> log_;
  Dice dice_{0};
  int one_in_ = 0;
  std::map<HubFault, uint64_t> met_;
  std::map<std::string, Task> tasks_;
  std::vector<Element> late_;
  uint64_t next_task_ = 1;
};

}  // namespace sabun::sim
