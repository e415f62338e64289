// kill-cycles: real programs, killed again and again; see tests/README.md.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/crash/kills/kill_plan.h"
#include "tests/crash/kills/kill_round.h"
#include "tests/support/temp_directory.h"

namespace sabun::kills {
namespace {

struct Arguments {
  RoundOptions round;
  uint64_t rounds = 1;
  uint64_t large_every = 0;  // each so manieth round is a large one
  double seconds = 0;        // no new round after so long
  uint64_t require_each = 0;
};

constexpr uint32_t kLargeCycles = 10, kLargeBatch = 1'000;

// The points are dealt in turn over the rounds, those of large rounds by themselves.
RoundOptions OptionsOf(const Arguments& arguments, uint64_t number) {
  RoundOptions options = arguments.round;
  options.seed += number;
  options.large = arguments.large_every != 0 && number % arguments.large_every == arguments.large_every - 1;
  if (options.large) {
    options.cycles = options.settle_every = kLargeCycles;
    options.crew.max_records = kLargeBatch;
    number /= arguments.large_every;
  }
  options.first_turn += number * Dealer::PointsAmong(options.cycles, options.large);
  return options;
}

void Report(const RoundResult& result, absl::Duration took) {
  std::printf("%llu cycles, %llu kills and stops, %llu checks of everything, %.0f s\n",
              static_cast<unsigned long long>(result.cycles), static_cast<unsigned long long>(result.kills),
              static_cast<unsigned long long>(result.checks), absl::ToDoubleSeconds(took));
  for (const Point& point : AllPoints()) {
    const std::string name = NameOf(point);
    const auto found = result.points.find(name);
    std::printf("  %6llu  %s\n", static_cast<unsigned long long>(found == result.points.end() ? 0 : found->second),
                name.c_str());
  }
  std::fflush(stdout);
}

// The points at which too few programs ended.
std::vector<std::string> MissedPoints(const Arguments& arguments, const RoundResult& result) {
  std::vector<std::string> missed;
  for (const Point& point : AllPoints()) {
    if (point.large && arguments.large_every == 0) continue;
    const std::string name = NameOf(point);
    const std::vector<std::string>& only = arguments.round.only;
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    const auto found = result.points.find(name);
    if (found != result.points.end() && found->second >= arguments.require_each) continue;
    missed.push_back(name);
  }
  return missed;
}

int RunRounds(const Arguments& arguments) {
  RoundResult result;
  const absl::Time start = absl::Now();
  for (uint64_t number = 0; number < arguments.rounds; ++number) {
    if (arguments.seconds > 0 && absl::Now() - start > absl::Seconds(arguments.seconds)) break;
    const TempDirectory directory;
    RoundOptions options = OptionsOf(arguments, number);
    options.crew.directory = directory.path();
    const absl::Status done = KillRound(options).Run(&result);
    if (!done.ok()) {
      const std::string kept = absl::StrCat("/tmp/kill-cycles-failed-", options.seed);
      std::error_code ignored;
      std::filesystem::remove_all(kept, ignored);
      std::filesystem::copy(directory.path(), kept, std::filesystem::copy_options::recursive, ignored);
      const std::string again =
          absl::StrCat("--seed ", options.seed, " --first-turn ", options.first_turn,
                       options.large ? " --large-every 1" : "", options.only.empty() ? "" : " --only \"",
                       absl::StrJoin(options.only, "\" --only \""), options.only.empty() ? "" : "\"");
      std::fprintf(stderr, "kill-cycles: %s\n  what it left: %s\n  again: kill-cycles %s\n",
                   std::string(done.message()).c_str(), kept.c_str(), again.c_str());
      Report(result, absl::Now() - start);
      return 1;
    }
    if (options.tell || number % 20 == 19)
      std::printf("round %llu, seed %llu\n", static_cast<unsigned long long>(number),
                  static_cast<unsigned long long>(options.seed));
    if (number % 20 == 19) Report(result, absl::Now() - start);
    if (arguments.require_each > 0 && arguments.seconds == 0 && MissedPoints(arguments, result).empty()) break;
  }
  Report(result, absl::Now() - start);
  if (arguments.require_each == 0) return 0;
  const std::vector<std::string> missed = MissedPoints(arguments, result);
  for (const std::string& name : missed) std::fprintf(stderr, "kill-cycles: too few kills at %s\n", name.c_str());
  return missed.empty() ? 0 : 1;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  arguments.round.seed = std::random_device()();
  CLI::App app("Kills the real programs in the middle of their work and checks that nothing came of it.",
               "kill-cycles");
  app.add_option("--programs", arguments.round.crew.programs, "directory of sabund, sabun and pmh-sim")->required();
  app.add_option("--profile", arguments.round.crew.profile, "the shipped profile")->required();
  app.add_option("--seed", arguments.round.seed, "of the first round; the next ones count up");
  app.add_option("--first-turn", arguments.round.first_turn, "the point that the first round begins with");
  std::vector<std::string> points;
  for (const Point& point : AllPoints()) points.push_back(NameOf(point));
  app.add_option("--only", arguments.round.only,
                 "deal this point (\"engine seal.before\") and others named like it alone")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(points));
  app.add_option("--rounds", arguments.rounds, "each on a new directory");
  app.add_option("--cycles", arguments.round.cycles, "days of a round")->check(CLI::PositiveNumber);
  app.add_option("--settle-every", arguments.round.settle_every, "days between two checks")->check(CLI::PositiveNumber);
  app.add_option("--large-every", arguments.large_every, "each so manieth round has 34,000 records; 0: none");
  app.add_flag("--tell", arguments.round.tell, "a line for each cycle");
  app.add_option("--seconds", arguments.seconds, "begin no round after so long; 0: no limit");
  app.add_option("--require-each", arguments.require_each,
                 "go on until every point was killed at so often, and fail otherwise");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("seed %llu\n", static_cast<unsigned long long>(arguments.round.seed));
  return RunRounds(arguments);
}

}  // namespace
}  // namespace sabun::kills

int main(int argc, char** argv) { return sabun::kills::Main(argc, argv); }
