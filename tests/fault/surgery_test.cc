// Surgery on the closed files of a real store: whatever is done to them, the next day is refused or right.
// SABUN_SURGERIES=N does N operations in place of the default; SABUN_SURGERY_SEED=S does only the one with that seed.
#include "tests/fault/surgery.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

namespace fs = std::filesystem;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

enum class Outcome : char { kBegun = 'b', kRefusedAtStart = 's', kRefusedAtWork = 'w', kHarmless = 'h', kWrong = 'x' };

// A healthy patient, an earlier state of it, and the copy that is operated on.
class OperatingRoom {
 public:
  explicit OperatingRoom(bool is_killed) {
    fs::create_directories(healthy_.directory);
    const absl::Status made = patient_.Make(healthy_, is_killed, [&] { Copy(healthy_, older_); });
    if (!made.ok()) problem_ = made.ToString();
    Copy(healthy_, copy_);
    const auto right = patient_.NextDay(copy_);
    if (!right.ok()) {
      problem_ = right.status().ToString();
      return;
    }
    if (!right->problems.empty() || right->changes.size() < 100) problem_ = "the healthy patient is not healthy";
    right_ = *right;
  }
  const std::string& problem() const { return problem_; }

  Surgery Begin(uint64_t seed) {
    Copy(healthy_, copy_);
    return Operate(copy_, older_, seed, seed);
  }

  Outcome LiveOn(std::string* text) {
    const absl::StatusOr<DayResult> day = patient_.NextDay(copy_);
    if (day.ok()) {
      *text = absl::StrCat(day->changes.size(), " changes; ", absl::StrJoin(day->problems, "; ").substr(0, 500));
      return day->problems.empty() && day->changes == right_.changes ? Outcome::kHarmless : Outcome::kWrong;
    }
    *text = day.status().ToString();
    if (!absl::IsDataLoss(day.status()) && !absl::IsUnavailable(day.status()) &&
        !absl::IsFailedPrecondition(day.status()) && !absl::IsInvalidArgument(day.status())) {
      return Outcome::kWrong;
    }
    return patient_.OpensOn(copy_) ? Outcome::kRefusedAtWork : Outcome::kRefusedAtStart;
  }

 private:
  static void Copy(const PatientFiles& from, const PatientFiles& to) {
    fs::remove_all(to.directory);
    fs::copy(from.directory, to.directory, fs::copy_options::recursive);
  }

  const TempDirectory directory_;
  const PatientFiles healthy_{directory_.path() + "/healthy"};
  const PatientFiles older_{directory_.path() + "/older"};
  const PatientFiles copy_{directory_.path() + "/copy"};
  Patient patient_{2'000};
  DayResult right_;
  std::string problem_;
};

// A line about one operation.
struct Report {
  uint64_t seed = 0;
  Outcome outcome = Outcome::kBegun;
  int kind = 0;
  std::string text;
};

void Write(FILE* out, const Report& report) {
  absl::FPrintF(out, "%d %c %d %s\n", report.seed, static_cast<char>(report.outcome), report.kind,
                absl::StrReplaceAll(report.text, {{"\n", " "}}));
  std::fflush(out);
}

bool Read(FILE* in, Report* report) {
  char line[4096];
  if (std::fgets(line, sizeof(line), in) == nullptr) return false;
  char outcome = 0;
  int at = 0;
  unsigned long long seed = 0;
  if (std::sscanf(line, "%llu %c %d %n", &seed, &outcome, &report->kind, &at) != 3) return false;
  report->seed = seed;
  report->outcome = static_cast<Outcome>(outcome);
  report->text = std::string(line + at);
  return true;
}

// RocksDB may end the process over a damaged file, so a process of its own operates, and is replaced when it dies.
void OperateInChild(uint64_t first, uint64_t last, FILE* out) {
  OperatingRoom rooms[] = {OperatingRoom(false), OperatingRoom(true)};
  for (uint64_t seed = first; seed <= last; ++seed) {
    OperatingRoom& room = rooms[seed / 16 % 2];  // sixteen kinds of operation a turn
    if (!room.problem().empty()) return Write(out, {seed, Outcome::kWrong, 0, room.problem()});
    const Surgery surgery = room.Begin(seed);
    Report report{seed, Outcome::kBegun, static_cast<int>(surgery.kind), surgery.what};
    Write(out, report);
    std::string text;
    report.outcome = room.LiveOn(&text);
    absl::StrAppend(&report.text, ": ", text);
    Write(out, report);
  }
}

using Visitor = std::function<void(const Report&)>;

// Visits each operation's last report; one that is still `begun` ended the process.
void OperateOnAll(uint64_t first, uint64_t last, const Visitor& visit) {
  while (first <= last) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      FILE* const out = fdopen(ends[1], "w");
      OperateInChild(first, last, out);
      std::fclose(out);
      _exit(0);
    }
    close(ends[1]);
    FILE* const in = fdopen(ends[0], "r");
    Report report;
    report.seed = first;
    bool any = false;
    while (Read(in, &report)) {
      any = true;
      if (report.outcome != Outcome::kBegun) visit(report);
    }
    if (!any || report.outcome == Outcome::kBegun) visit(report);
    first = report.seed + 1;
    std::fclose(in);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
  }
}

class Tally {
 public:
  void Add(const Report& report) { ++counts_[report.kind][static_cast<char>(report.outcome)]; }
  void Print() {
    std::cout << "| file | surgeries | refused at the start | refused at work | harmless | wrong or crashed |\n"
              << "| --- | --- | --- | --- | --- | --- |\n";
    std::map<char, uint64_t> sum;
    for (auto& [kind, counts] : counts_) {
      PrintRow(ToString(static_cast<FileKind>(kind)), counts);
      for (const auto& [outcome, count] : counts) sum[outcome] += count;
    }
    PrintRow("all", sum);
  }

 private:
  static void PrintRow(const char* name, std::map<char, uint64_t>& counts) {
    uint64_t all = 0;
    for (const auto& [outcome, count] : counts) all += count;
    std::cout << absl::StrFormat("| %s | %d | %d | %d | %d | %d |\n", name, all, counts['s'], counts['w'], counts['h'],
                                 counts['x'] + counts['b']);
  }
  std::map<int, std::map<char, uint64_t>> counts_;
};

TEST(Surgery, WhateverIsDoneToTheFilesIsRefusedOrHarmless) {
  const uint64_t only = FromEnvironment("SABUN_SURGERY_SEED", 0);
  const uint64_t count = FromEnvironment("SABUN_SURGERIES", 64);
  Tally tally;
  OperateOnAll(only != 0 ? only : 1, only != 0 ? only : count, [&](const Report& report) {
    tally.Add(report);
    EXPECT_NE(report.outcome, Outcome::kWrong) << report.text << "replay with SABUN_SURGERY_SEED=" << report.seed;
    EXPECT_NE(report.outcome, Outcome::kBegun)
        << "the process died after: " << report.text << "replay with SABUN_SURGERY_SEED=" << report.seed;
    if (only != 0) std::cout << report.text;
  });
  tally.Print();
}

}  // namespace
}  // namespace sabun::fault
