#include "tests/crash/kills/crew.h"

#include <httplib.h>
#include <poll.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace sabun::kills {
namespace {

constexpr absl::Duration kStart = absl::Seconds(60);
constexpr absl::Duration kLongest = absl::Minutes(3);  // of one command; beyond it something hangs
constexpr int kAsks = 5;
constexpr int kEndingMillis = 30;

// The shipped profile with the patience of a test, and one batch on its way at a time.
std::string QuickProfile(const std::string& shipped, uint32_t max_records) {
  const std::string toml =
      absl::StrReplaceAll(shipped, {{"first_wait_seconds = 0.5", "first_wait_seconds = 0.005"},
                                    {"first_wait_seconds = 0.1", "first_wait_seconds = 0.002"},
                                    {"max_wait_seconds = 60", "max_wait_seconds = 0.05"},
                                    {"max_wait_seconds = 10", "max_wait_seconds = 0.02"},
                                    {"first_pause_seconds = 10", "first_pause_seconds = 0.01"},
                                    {"max_pause_seconds = 300", "max_pause_seconds = 0.05"},
                                    {"requests_per_second = 50", "requests_per_second = 9999"},
                                    {"max_records = 1000 ", absl::StrCat("max_records = ", max_records, " ")},
                                    {"max_concurrency = 4", "max_concurrency = 1"},
                                    {"max_attempts = 6", "max_attempts = 3"},
                                    {"connect_timeout_seconds = 10", "connect_timeout_seconds = 2"},
                                    {"request_timeout_seconds = 30", "request_timeout_seconds = 1.5"},
                                    {"renew_lease_seconds = 5", "renew_lease_seconds = 0.1"}});
  return toml;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::string ListenedAt(const std::string& line) {
  const size_t at = line.find(" listening on ");
  return at == std::string::npos ? "" : line.substr(at + 14);
}

}  // namespace

Crew::Crew(const CrewOptions& options)
    : options_(options),
      extract_(options.directory + "/extract.csv"),
      profile_(options.directory + "/profile.toml"),
      log_(options.directory + "/log"),
      address_(absl::StrCat("unix:", options.directory, "/engine.sock")) {}

absl::StatusOr<std::unique_ptr<Crew>> Crew::Start(const CrewOptions& options) {
  auto crew = absl::WrapUnique(new Crew(options));
  RETURN_IF_ERROR(crew->WriteProfile());
  RETURN_IF_ERROR(crew->StartHub());
  RETURN_IF_ERROR(crew->RestartEngine().status());
  RETURN_IF_ERROR(crew->Ask({"dataset", "create", kDataset, "--profile", crew->profile_, "--max-update-percent", "100",
                             "--max-shrink-percent", "100", "--max-deletes", "20", "--max-delete-percent", "5"})
                      .status());
  return crew;
}

absl::Status Crew::WriteProfile() {
  ASSIGN_OR_RETURN(const std::string shipped, ReadFile(options_.profile));
  std::ofstream file(profile_, std::ios::binary);
  file << QuickProfile(shipped, options_.max_records);
  file.close();
  return file ? absl::OkStatus() : absl::UnavailableError("the profile cannot be written");
}

absl::Status Crew::StartHub() {
  const std::string listen = hub_.empty() ? "127.0.0.1:0" : hub_;
  Command command{{options_.programs + "/pmh-sim", "--listen", listen, "--state", options_.directory + "/hub.journal",
                   "--faults", kHubRules},
                  ""};
  ASSIGN_OR_RETURN(hub_child_, Child::Start(command, log_));
  hub_ = ListenedAt(hub_child_.ReadLine(kStart));
  return hub_.empty() ? absl::UnavailableError("the hub does not start") : absl::OkStatus();
}

absl::StatusOr<bool> Crew::RestartEngine(const std::string& kill_at) {
  engine_.End();
  Command command{{options_.programs + "/sabund", "--data", data(), "--listen", address_, "--insecure-loopback",
                   "--cache-mib", "8", "--row-memory-mib", "8", "--delta-memory-mib", "8"},
                  kill_at};
  for (int attempt = 0; attempt < 3; ++attempt) {
    ASSIGN_OR_RETURN(engine_, Child::Start(command, log_));
    if (!ListenedAt(engine_.ReadLine(kStart)).empty()) return attempt > 0;
    // It may have ended at its point while it started; the next one has none.
    const Ending ending = engine_.End();
    if (!ending.by_kill) return absl::UnavailableError("the engine does not start");
    command.kill_at.clear();
  }
  return absl::UnavailableError("the engine does not start");
}

Command Crew::Sabun(const std::vector<std::string>& words, const std::string& kill_at) const {
  Command command{{options_.programs + "/sabun", "--lang", "en", "--json", "--engine", address_}, kill_at};
  command.words.insert(command.words.end(), words.begin(), words.end());
  return command;
}

std::vector<std::string> Crew::Submission() const {
  return {"submit", "--dataset", kDataset, "--hub", absl::StrCat("http://", hub_)};
}

std::vector<std::string> Crew::Push(bool one_pass) const {
  std::vector<std::string> words = {"push", "csv", extract_, "--dataset", kDataset, "--complete"};
  if (one_pass) words.push_back("--one-pass");
  return words;
}

Child* Crew::Of(Who who, Child* command) {
  return who == Who::kEngine ? &engine_ : who == Who::kHub ? &hub_child_ : who == Who::kCommand ? command : nullptr;
}

absl::Status Crew::Revive(const Fault& fault, Outcome* outcome) {
  Ending ending;
  if (engine_.HasEnded(&ending)) {
    if (!ending.by_kill) return absl::InternalError("the engine ended by itself");
    const bool at_point = fault.at_point == Who::kEngine && fault.at_time != Who::kEngine;
    outcome->engine_at_point |= at_point;
    ASSIGN_OR_RETURN(const bool again, RestartEngine(at_point ? fault.next_point : ""));
    outcome->engine_at_next_point |= again;
  }
  if (hub_child_.HasEnded(&ending)) {
    if (!ending.by_kill) return absl::InternalError("the hub ended by itself");
    RETURN_IF_ERROR(StartHub());
  }
  return absl::OkStatus();
}

absl::Status Crew::Watch(const Fault& fault, Child* command, Outcome* outcome) {
  const absl::Time start = absl::Now();
  absl::Time next = fault.at_time == Who::kNobody ? absl::InfiniteFuture() : start + fault.after;
  bool stopped = false;
  while (true) {
    if (command->HasEnded(&outcome->ending)) break;
    RETURN_IF_ERROR(Revive(fault, outcome));
    const absl::Time now = absl::Now();
    if (now - start > kLongest) return absl::DeadlineExceededError("a command hangs");
    if (now >= next) {
      const Child* const victim = Of(fault.at_time, command);
      const bool stops = fault.stop_for > absl::ZeroDuration();
      if (stops) {
        victim->Signal(stopped ? SIGCONT : SIGSTOP);
      } else {
        victim->Kill();
      }
      next = stops && !stopped ? now + fault.stop_for : absl::InfiniteFuture();
      stopped = stops && !stopped;
      continue;
    }
    pollfd ends[] = {
        {command->ended_fd(), POLLIN, 0}, {engine_.ended_fd(), POLLIN, 0}, {hub_child_.ended_fd(), POLLIN, 0}};
    const timespec wait = absl::ToTimespec(std::min(next - now, absl::Seconds(1)));
    ::ppoll(ends, 3, &wait, nullptr);
  }
  if (stopped) Of(fault.at_time, command)->Signal(SIGCONT);
  if (fault.at_point == Who::kEngine && !outcome->engine_at_point) {
    // A process that ends closes its connections first: the command may have seen that already.
    pollfd end{engine_.ended_fd(), POLLIN, 0};
    ::poll(&end, 1, kEndingMillis);
  }
  outcome->command_at_point =
      fault.at_point == Who::kCommand && fault.at_time != Who::kCommand && outcome->ending.by_kill;
  return Revive(fault, outcome);
}

absl::StatusOr<Outcome> Crew::Run(const std::vector<std::string>& words, const Fault& fault) {
  bool at_start = false;
  if (fault.at_point == Who::kEngine) {
    ASSIGN_OR_RETURN(at_start, RestartEngine(fault.point));
  }
  ASSIGN_OR_RETURN(Child command, Child::Start(Sabun(words, fault.at_point == Who::kCommand ? fault.point : ""), log_));
  Outcome outcome;
  outcome.engine_at_point = at_start;
  RETURN_IF_ERROR(Watch(fault, &command, &outcome));
  outcome.out = command.ReadAll();
  // An engine that did not come to its point must not end there later.
  if (fault.at_point == Who::kEngine && !outcome.engine_at_point) RETURN_IF_ERROR(RestartEngine().status());
  return outcome;
}

absl::StatusOr<std::string> Crew::Ask(const std::vector<std::string>& words) {
  Outcome outcome;
  for (int ask = 0; ask < kAsks; ++ask) {
    ASSIGN_OR_RETURN(outcome, Run(words));
    const int status = outcome.ending.status;
    if (status == 0 || status == 3 || status == 4) return outcome.out;
  }
  return absl::InternalError(absl::StrCat("sabun ", words[0], " ends with ", outcome.ending.status, ": ", outcome.out));
}

absl::Status Crew::BackUp() { return Ask({"backup", "create", backups(), "--keep", "1"}).status(); }

absl::StatusOr<bool> Crew::Restore(const std::string& kill_at) {
  engine_.End();
  std::error_code error;
  std::filesystem::remove_all(data(), error);
  ASSIGN_OR_RETURN(Child restore,
                   Child::Start(Sabun({"backup", "restore", backups(), "--data", data(), "--yes"}, ""), log_));
  const std::string out = restore.ReadAll();
  Ending ending;
  pollfd ended{restore.ended_fd(), POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(kLongest)));
  if (!restore.HasEnded(&ending) || ending.status != 0) {
    return absl::InternalError(absl::StrCat("the restore ended with ", ending.status, ": ", out));
  }
  ASSIGN_OR_RETURN(const bool at_point, RestartEngine(kill_at));
  if (!at_point && !kill_at.empty()) RETURN_IF_ERROR(RestartEngine().status());
  return at_point;
}

absl::Status Crew::TakeOver(absl::Duration after) {
  ASSIGN_OR_RETURN(Child first, Child::Start(Sabun(Submission(), ""), log_));
  pollfd ends{first.ended_fd(), POLLIN, 0};
  const timespec wait = absl::ToTimespec(after);
  ::ppoll(&ends, 1, &wait, nullptr);
  first.Signal(SIGSTOP);
  Outcome outcome;
  const absl::Status second = Run(Submission()).status();
  first.Signal(SIGCONT);
  RETURN_IF_ERROR(second);
  return Watch({}, &first, &outcome);
}

absl::Status Crew::SetHubFaults(const std::string& faults) {
  httplib::Client client(absl::StrCat("http://", hub_));
  const std::string all = faults.empty() ? kHubRules : absl::StrCat(kHubRules, ";", faults);
  const auto answer = client.Post("/sim/faults", all, "text/plain");
  return answer && answer->status == 204 ? absl::OkStatus() : absl::InternalError("the hub does not take its faults");
}

absl::StatusOr<std::string> Crew::AskHub(const std::string& path) {
  httplib::Client client(absl::StrCat("http://", hub_));
  const auto answer = client.Get(path);
  if (!answer || answer->status != 200) return absl::UnavailableError("the hub does not answer");
  return answer->body;
}

}  // namespace sabun::kills
