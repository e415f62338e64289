// One child process that a test kills, stops and waits for.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sabun::kills {

// What to run. The child dies with this process.
struct Command {
  std::vector<std::string> words;  // the program's path first
  std::string kill_at;             // SABUN_KILL_AT; empty for none
};

// How a child ended.
struct Ending {
  bool by_kill = false;  // SIGKILL
  int status = -1;       // exit status; -1 when a signal ended it
};

// Movable. Destroying a running one kills it. Not thread safe.
class Child {
 public:
  Child() = default;
  // Standard error is appended to `log`. Errors: UNAVAILABLE.
  static absl::StatusOr<Child> Start(const Command& command, const std::string& log);
  Child(Child&& other) noexcept { *this = std::move(other); }
  Child& operator=(Child&& other) noexcept;
  ~Child() { End(); }

  bool running() const { return pid_ > 0; }
  void Signal(int number) const;
  // SIGKILL; when it returns, HasEnded says so.
  void Kill() const;
  // SIGKILL, and its ending.
  Ending End();
  // The ending, once it has ended by itself; `running` is false then.
  bool HasEnded(Ending* ending);
  // Readable when it has ended.
  int ended_fd() const { return pid_fd_; }
  // Reads its standard output: up to a line's end, at most `limit`; empty when it ended first.
  std::string ReadLine(absl::Duration limit);
  std::string ReadAll();

 private:
  void Close();

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int out_ = -1;
};

}  // namespace sabun::kills
