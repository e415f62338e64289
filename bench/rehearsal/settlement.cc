#include "bench/rehearsal/settlement.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/cli/text_layout.h"
#include "adapters/pmh/engine_session.h"
#include "adapters/pmh/submitter.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

constexpr uint32_t kBatchRecords = 1'000;
constexpr uint32_t kBatchBytes = 3 << 20;

absl::Status Cancelled() { return absl::CancelledError("stopped on request"); }

StageCost Since(const Moment& from, const Moment& to, uint64_t records) {
  return {to.time - from.time, to.client_cpu - from.client_cpu, to.engine_cpu - from.engine_cpu, records};
}

void TellCounts(const RunControl& control, const Words& what, uint64_t done, uint64_t left) {
  const double all = static_cast<double>(done + left);
  const std::string count = cli::GroupDigits(done);
  control.tell({absl::StrCat(what.ja, " ", count, "件"), absl::StrCat(what.en, ", ", count)},
               all > 0 ? static_cast<double>(done) / all : 0);
}

// Asks `stop` to stop when the time is over or Ctrl-C was pressed.
class Bell {
 public:
  Bell(std::stop_source& stop, absl::Duration time, const std::atomic<bool>* cancelled)
      : thread_([this, &stop, deadline = absl::Now() + time, cancelled](std::stop_token done) {
          std::unique_lock<std::mutex> lock(mutex_);
          const auto over = [&] { return (cancelled != nullptr && *cancelled) || absl::Now() >= deadline; };
          while (!changed_.wait_for(lock, done, std::chrono::milliseconds(50), over)) {
            if (done.stop_requested()) return;
          }
          stop.request_stop();
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace

absl::StatusOr<SubmissionCost> SubmitToHub(EngineUnderTest& engine, const std::string& profile_toml,
                                           const std::string& hub_url, const SampleBounds& bounds,
                                           const RunControl& control) {
  SubmissionCost submission;
  submission.begun = engine.SinceStart();
  std::stop_source stop;
  SubmitOptions options;
  options.dataset = EngineUnderTest::kDataset;
  options.profile_toml = profile_toml;
  options.hub_url = hub_url;
  options.stop = stop.get_token();
  options.drain = absl::Seconds(20);
  const Moment before = engine.Now();
  StageCost until_stop;
  options.on_progress = [&](const SubmitProgress& progress) {
    const uint64_t done = progress.accepted + progress.rejected;
    TellCounts(control, {"登録先へ送信", "to the hub"}, done, progress.pending);
    // What comes after the stop is the tail of what is under way: its pace is not the hub's.
    if (!stop.stop_requested()) until_stop = Since(before, engine.Now(), done);
    if (done >= bounds.records) stop.request_stop();
  };
  absl::StatusOr<SubmitSummary> summary = absl::CancelledError("");
  {
    const Bell bell(stop, bounds.time, control.cancelled);
    summary = Submit(options, engine.submission());
  }
  if (control.cancelled != nullptr && *control.cancelled) return Cancelled();
  RETURN_IF_ERROR(summary.status());
  submission.accepted = summary->accepted;
  submission.rejected = summary->rejected;
  submission.left = summary->pending + summary->unknown;
  const bool whole = !stop.stop_requested() || until_stop.records == 0;
  submission.cost = whole ? Since(before, engine.Now(), summary->accepted + summary->rejected) : until_stop;
  return submission;
}

absl::StatusOr<SubmissionCost> SettleAtOnce(EngineUnderTest& engine, const RunControl& control) {
  SubmissionCost submission;
  submission.begun = engine.SinceStart();
  EngineSession::Options options;
  options.dataset = EngineUnderTest::kDataset;
  options.holder = "rehearsal";
  const std::stop_source stop;
  EngineSession session(engine.submission(), options, stop.get_token());
  const Moment before = engine.Now();
  RETURN_IF_ERROR(session.Acquire().status());
  const std::jthread keeper([&session](std::stop_token done) { session.KeepLease(done); });
  std::vector<v1::Receipt> receipts;
  for (;;) {
    if (control.cancelled != nullptr && *control.cancelled) return Cancelled();
    ASSIGN_OR_RETURN(const v1::NextBatchResponse next, session.NextBatch(kBatchRecords, kBatchBytes));
    if (next.batch().items().empty()) break;
    receipts.clear();
    for (const v1::BatchItem& item : next.batch().items()) {
      receipts.emplace_back().set_item(item.item());
      receipts.back().set_outcome(v1::RECEIPT_OUTCOME_ACCEPTED);
    }
    ASSIGN_OR_RETURN(const v1::RecordReceiptsResponse settled,
                     session.RecordReceipts(next.batch().batch_id(), receipts));
    submission.accepted += settled.settled() - settled.first_halves();
    TellCounts(control, {"受理済みにする", "settling"}, submission.accepted, next.pending());
  }
  submission.cost = Since(before, engine.Now(), submission.accepted);
  session.Release();
  return submission;
}

}  // namespace sabun::bench
