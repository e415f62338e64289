// A program of this project that a rehearsal runs.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sabun::bench {

// The program `name` beside the executable of this process. NOT_FOUND says where it was looked for.
absl::StatusOr<std::string> ProgramBesideThis(const std::string& name);

// A running program that says on its first line of output where it listens. It is in a process group of its own, so
// that Ctrl-C reaches only this process, which then ends it; the kernel ends it when the starting thread ends first.
// Not thread-safe.
class ChildProcess {
 public:
  // Starts `arguments`, of which the first is the program's path, and waits for its line "... listening on ADDRESS".
  // Its output and errors go to the files `log`.out and `log`.err. UNAVAILABLE, with the end of the errors, when it
  // ends instead or says nothing for half a minute.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& arguments,
                                                             const std::string& log);
  // Ends it at once when Stop was not called.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Asks it to end and waits, at most `patience`; then it is killed. UNKNOWN unless it ended with status 0.
  absl::Status Stop(absl::Duration patience = absl::Seconds(60));

  pid_t id() const { return id_; }
  const std::string& address() const { return address_; }

 private:
  ChildProcess(pid_t id, std::string name, std::string log);
  absl::Status AwaitAddress();
  bool Ended();

  pid_t id_;  // 0 when it has ended
  int exit_ = 0;
  const std::string name_;
  const std::string log_;
  std::string address_;
};

}  // namespace sabun::bench
