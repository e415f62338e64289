#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/interruption.h"
#include "adapters/cli/progress_bar.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"
#include "adapters/pmh/submitter.h"

namespace sabun::cli {
namespace {

struct SubmitFlags {
  std::string dataset;
  std::string hub_url;
  bool follow = false;
};

// Turns the signal's flag into a stop request; a signal handler may not make one itself.
class StopOnSignal {
 public:
  StopOnSignal()
      : watcher_([this, &interrupted = WatchForInterruption()](std::stop_token done) {
          std::unique_lock<std::mutex> lock(mutex_);
          while (!changed_.wait_for(lock, done, std::chrono::milliseconds(50), [&] { return interrupted.load(); })) {
            if (done.stop_requested()) return;
          }
          source_.request_stop();
        }) {}

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread watcher_;  // last, so that it ends before what it uses
};

Json SubmitJson(const SubmitSummary& summary) {
  return {{"change_sets", summary.change_sets},
          {"accepted", summary.accepted},
          {"rejected", summary.rejected},
          {"unknown", summary.unknown},
          {"pending", summary.pending},
          {"superseded", summary.superseded},
          {"elapsed_seconds", summary.elapsed_seconds}};
}

void PrintSummary(const CommandContext& context, const SubmitFlags& flags, const SubmitSummary& summary) {
  const bool nothing = summary.accepted + summary.rejected + summary.unknown + summary.pending == 0;
  const bool incomplete = summary.unknown + summary.pending > 0;
  const Text& headline = nothing ? text::kSubmitNothing : incomplete ? text::kSubmitPartly : text::kSubmitDone;
  context.Print(context.Say(headline, {flags.dataset, absl::StrJoin(summary.change_sets, ", ")}));
  const std::pair<const Text&, uint64_t> lines[] = {{text::kSubmitAccepted, summary.accepted},
                                                    {text::kSubmitRejected, summary.rejected},
                                                    {text::kSubmitUnknown, summary.unknown},
                                                    {text::kSubmitPending, summary.pending},
                                                    {text::kSubmitSuperseded, summary.superseded}};
  for (const auto& [label, count] : lines) {
    if (!nothing) context.Print(absl::StrCat("  ", PadRight(context.Say(label), 20), PadLeft(GroupDigits(count), 12)));
  }
  std::vector<NextStep> steps;
  if (incomplete) {
    context.Print(context.Say(text::kSubmitIncomplete));
    steps.push_back({text::kNextSubmit, absl::StrCat("submit --dataset ", flags.dataset)});
  }
  if (summary.rejected > 0) steps.push_back({text::kNextRejects, absl::StrCat("rejects list ", flags.dataset)});
  if (!steps.empty()) PrintNextSteps(context, steps);
}

absl::StatusOr<ExitStatus> RunSubmit(const CommandContext& context, const SubmitFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, flags.dataset));
  StopOnSignal stop;
  ProgressBar bar(!context.json);
  SubmitOptions options;
  options.dataset = flags.dataset;
  options.profile_toml = dataset.profile_toml();
  options.hub_url = flags.hub_url;
  options.follow = flags.follow;
  options.stop = stop.token();
  options.on_progress = [&](const SubmitProgress& progress) {
    const uint64_t done = progress.accepted + progress.rejected;
    const double whole = static_cast<double>(done + progress.pending);
    bar.Show(context.Say(text::kSubmitting, {GroupDigits(progress.accepted), GroupDigits(progress.rejected),
                                             GroupDigits(progress.pending)}),
             whole > 0 ? static_cast<double>(done) / whole : 0);
  };
  options.on_notice = [&](absl::string_view notice) {
    bar.Clear();
    context.Note(notice);
  };
  const absl::StatusOr<SubmitSummary> summary = Submit(options, *engine.submission, engine.change_sets.get());
  bar.Clear();
  RETURN_IF_ERROR(summary.status());
  if (context.json) {
    context.PrintJson(SubmitJson(*summary));
  } else {
    PrintSummary(context, flags, *summary);
  }
  const bool stopped = options.stop.stop_requested();
  if (stopped) context.Note(context.Say(text::kSubmitStopped));
  if (stopped || summary->unknown + summary->pending > 0) return ExitStatus::kFailed;
  return summary->rejected > 0 ? ExitStatus::kDoneWithRejects : ExitStatus::kDone;
}

}  // namespace

void AddSubmitCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const command = app.add_subcommand("submit", "登録先へ送る / send changes to the hub");
  auto flags = std::make_shared<SubmitFlags>();
  command->add_option("--dataset", flags->dataset, "対象データ / the dataset")->required();
  command->add_option("--hub", flags->hub_url,
                      "登録先の宛先。なければプロファイルのもの / the hub's address; the profile's without it");
  command->add_flag("--follow", flags->follow, "終わらずに、次の差分も送る / stay and send what comes later");
  command->callback([flags, &context] { context.action = [flags, &context] { return RunSubmit(context, *flags); }; });
}

}  // namespace sabun::cli
