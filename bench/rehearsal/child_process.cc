#include "bench/rehearsal/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(20);
constexpr absl::Duration kStartPatience = absl::Seconds(30);
constexpr size_t kShownErrorBytes = 600;
constexpr int kCannotRun = 127;

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// Only calls that are allowed between fork and exec in a process with threads.
[[noreturn]] void Become(const std::vector<char*>& arguments, int out, int err, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotRun);
  setpgid(0, 0);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execv(arguments[0], arguments.data());
  _exit(kCannotRun);
}

}  // namespace

absl::StatusOr<std::string> ProgramBesideThis(const std::string& name) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return absl::UnavailableError("cannot read /proc/self/exe");
  const std::string path = self.parent_path() / name;
  if (access(path.c_str(), X_OK) == 0) return path;
  return absl::NotFoundError(
      absl::StrCat("the program ", name, " is needed beside sabun-bench, but there is no ", path));
}

ChildProcess::ChildProcess(pid_t id, std::string name, std::string log)
    : id_(id), name_(std::move(name)), log_(std::move(log)) {}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const std::vector<std::string>& arguments,
                                                                  const std::string& log) {
  const int out = open((log + ".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int err = open((log + ".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t id = out < 0 || err < 0 ? -1 : fork();
  if (id == 0) Become(pointers, out, err, parent);
  const int failure = errno;
  close(out);
  close(err);
  if (id < 0) return absl::ErrnoToStatus(failure, absl::StrCat("cannot start ", arguments[0]));
  auto child = absl::WrapUnique(new ChildProcess(id, std::filesystem::path(arguments[0]).filename().string(), log));
  RETURN_IF_ERROR(child->AwaitAddress());
  return child;
}

absl::Status ChildProcess::AwaitAddress() {
  static const std::string kWords = " listening on ";
  for (absl::Duration waited; waited < kStartPatience; waited += kPoll) {
    const std::string said = ReadAll(log_ + ".out");
    const size_t at = said.find(kWords);
    if (at != std::string::npos && said.back() == '\n') {
      address_ = std::string(absl::StripAsciiWhitespace(absl::string_view(said).substr(at + kWords.size())));
      return absl::OkStatus();
    }
    if (Ended()) break;
    absl::SleepFor(kPoll);
  }
  std::string errors = ReadAll(log_ + ".err");
  if (errors.size() > kShownErrorBytes) errors.erase(0, errors.size() - kShownErrorBytes);
  return absl::UnavailableError(absl::StrCat(name_, " did not start: ", absl::StripAsciiWhitespace(errors)));
}

bool ChildProcess::Ended() {
  if (id_ != 0 && waitpid(id_, &exit_, WNOHANG) == id_) id_ = 0;
  return id_ == 0;
}

absl::Status ChildProcess::Stop(absl::Duration patience) {
  if (!Ended()) kill(id_, SIGTERM);
  for (absl::Duration waited; !Ended() && waited < patience; waited += kPoll) absl::SleepFor(kPoll);
  if (!Ended()) {
    kill(id_, SIGKILL);
    waitpid(id_, &exit_, 0);
    id_ = 0;
  }
  if (WIFEXITED(exit_) && WEXITSTATUS(exit_) == 0) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat(name_, " did not end in order (wait status ", exit_, ")"));
}

ChildProcess::~ChildProcess() {
  if (Ended()) return;
  kill(id_, SIGKILL);
  waitpid(id_, &exit_, 0);
}

}  // namespace sabun::bench
