#include "tests/crash/kills/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sabun::kills {
namespace {

constexpr int kOutputBytes = 1 << 20;

Ending EndingOf(int status) {
  Ending ending;
  ending.by_kill = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (WIFEXITED(status)) ending.status = WEXITSTATUS(status);
  return ending;
}

// Everything that allocates is done before the fork.
std::vector<std::string> Environment(const std::string& kill_at) {
  std::vector<std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    if (std::string_view(*at).rfind("SABUN_", 0) != 0) variables.emplace_back(*at);
  }
  if (!kill_at.empty()) variables.push_back(absl::StrCat("SABUN_KILL_AT=", kill_at));
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

absl::StatusOr<Child> Child::Start(const Command& command, const std::string& log) {
  std::vector<std::string> words = command.words;
  std::vector<std::string> variables = Environment(command.kill_at);
  const std::vector<char*> arguments = Pointers(words), environment = Pointers(variables);
  const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int out[2];
  if (log_fd < 0 || ::pipe2(out, O_CLOEXEC) != 0) return absl::UnavailableError("no file for a child's output");
  Child child;
  child.pid_ = ::fork();
  if (child.pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(log_fd, STDERR_FILENO);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(log_fd);
  child.out_ = out[0];
  ::fcntl(out[0], F_SETPIPE_SZ, kOutputBytes);  // what it prints is read when it has ended
  if (child.pid_ < 0) return absl::UnavailableError("no child process");
  child.pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0));
  return child;
}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  End();
  pid_ = std::exchange(other.pid_, -1);
  pid_fd_ = std::exchange(other.pid_fd_, -1);
  out_ = std::exchange(other.out_, -1);
  return *this;
}

void Child::Signal(int number) const {
  if (running()) ::kill(pid_, number);
}

void Child::Kill() const {
  if (!running()) return;
  Signal(SIGKILL);
  siginfo_t ended;
  while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
}

void Child::Close() {
  pid_ = -1;
  if (pid_fd_ >= 0) ::close(std::exchange(pid_fd_, -1));
}

Ending Child::End() {
  Ending ending;
  if (running()) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    ending = EndingOf(status);
    Close();
  }
  if (out_ >= 0) ::close(std::exchange(out_, -1));
  return ending;
}

bool Child::HasEnded(Ending* ending) {
  int status = 0;
  if (!running() || ::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  *ending = EndingOf(status);
  Close();
  return true;
}

std::string Child::ReadLine(absl::Duration limit) {
  std::string line;
  const absl::Time until = absl::Now() + limit;
  char byte = 0;
  while (true) {
    pollfd ready{out_, POLLIN, 0};
    const auto left = absl::ToInt64Milliseconds(until - absl::Now());
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0 || ::read(out_, &byte, 1) != 1) return "";
    if (byte == '\n') return line;
    line += byte;
  }
}

std::string Child::ReadAll() {
  std::string all;
  char block[4096];
  for (ssize_t count; (count = ::read(out_, block, sizeof(block))) > 0;) all.append(block, count);
  return all;
}

}  // namespace sabun::kills
