#include "adapters/pmh/submit_run.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

constexpr int kRenewalsToSpare = 3;
constexpr absl::Duration kLeastLeaseWait = absl::Seconds(60), kLeaseWaitToSpare = absl::Seconds(5);
constexpr std::uint32_t kMostPackedBytes = 3u << 20;

std::string Holder(const std::string& given) {
  if (!given.empty()) return given;
  char host[33] = {};
  ::gethostname(host, sizeof(host) - 1);
  return absl::StrCat(host, ":", ::getpid(), ":", absl::Hex(std::random_device()()));
}

// A post is made only while the lease lasts for a whole request; what is to spare is for renewing it. Not more than
// that, since after a crash the next run waits until it has run out.
std::uint32_t LeaseSeconds(const HubProfile& profile) {
  const absl::Duration lasts = profile.request_timeout + kRenewalsToSpare * profile.renew_lease_every;
  return static_cast<std::uint32_t>(std::ceil(absl::ToDoubleSeconds(lasts)));
}

// Member names and escapes make the JSON text of a record about three times its packed values; a batch that turns out
// larger than the hub permits is split.
std::uint32_t PackedBytes(const HubProfile& profile) { return std::clamp(profile.max_bytes / 3, 1u, kMostPackedBytes); }

}  // namespace

SubmitRun::SubmitRun(const SubmitOptions& options, const HubProfile& profile,
                     v1::SubmissionService::StubInterface& engine, const SubmitSurroundings& outside)
    : options_(options),
      profile_(profile),
      outside_(outside),
      lone_time_(*outside.time, profile.renew_lease_every, [this] { return RenewForOne(); }),
      time_(outside.threads ? *outside.time : lone_time_),
      circuit_(
          profile.circuit, [this] { return time_.Now(); }, SitOutPauses()),
      engine_(engine,
              {.dataset = options.dataset,
               .holder = Holder(options.holder),
               .profile_toml = options.profile_toml,
               .lease_seconds = LeaseSeconds(profile),
               .renew_every = profile.renew_lease_every,
               .time = outside.time,
               .jitter = outside.threads ? 0.3 : 0.0,
               .hub = [this] { return circuit_.View(); }},
              no_waits_.get_token()),
      hub_(profile, options.hub_url, outside.http),
      writer_(profile),
      rate_(profile.requests_per_second),
      pace_(profile.poll),
      queue_(profile.max_concurrency),
      context_{profile_,
               writer_,
               hub_,
               engine_,
               time_,
               rate_,
               pace_,
               circuit_,
               no_posts_.get_token(),
               no_waits_.get_token(),
               [this](std::uint64_t accepted, std::uint64_t rejected) { NoteReceipts(accepted, rejected); },
               [this](absl::string_view text) { Notice(text); },
               [this](Circuit::Pass pass, const HubAnswer& answer) { NoteAnswer(pass, answer); },
               refusals_in_a_row_} {}

absl::StatusOr<SubmitSummary> SubmitRun::Run() {
  const absl::Time started = time_.Now();
  const auto pending = TakeLease();
  if (!pending.ok()) return pending.status();
  NotePending(*pending);
  {
    const std::stop_callback on_stop(options_.stop, [this] { no_posts_.request_stop(); });
    std::vector<std::jthread> threads;
    if (outside_.threads) {
      threads.emplace_back([this](const std::stop_token& over) { engine_.KeepLease(over); });
      threads.emplace_back([this](const std::stop_token& over) { EndAfterDrain(over); });
      for (std::uint32_t i = 0; i < profile_.max_concurrency; ++i) threads.emplace_back([this] { Work(); });
    }
    if (const absl::Status passed = RunPasses(); !passed.ok()) Fail(passed);
    queue_.Close();
  }
  if (Error().ok()) {
    if (const absl::Status counted = CountWhatIsLeft(); !counted.ok()) Fail(counted);
  }
  engine_.Release();
  if (!Error().ok()) return Error();
  summary_.elapsed_seconds = absl::ToDoubleSeconds(time_.Now() - started);
  summary_.change_sets.assign(change_sets_.begin(), change_sets_.end());
  return summary_;
}

absl::StatusOr<std::uint64_t> SubmitRun::TakeLease() {
  const absl::Duration lease = absl::Seconds(LeaseSeconds(profile_));
  const absl::Duration wait = options_.lease_wait.value_or(std::max(kLeastLeaseWait, lease + kLeaseWaitToSpare));
  const absl::Time deadline = time_.Now() + wait;
  bool told = false;
  for (;;) {
    auto pending = engine_.Acquire();
    const bool held = absl::IsFailedPrecondition(pending.status());
    if (!held || time_.Now() >= deadline) return pending;
    if (!std::exchange(told, true)) {
      Notice(absl::StrCat(
          "LEASE-WAIT ほかの送信が終わるのを待っています。途中で倒れた送信なら、約", absl::ToInt64Seconds(lease),
          "秒でその権利が切れます / waiting for another submission to end; if it crashed, its lease runs "
          "out in about ",
          absl::ToInt64Seconds(lease), " seconds"));
    }
    // Not by the time that keeps the lease: there is none to keep yet.
    if (!outside_.time->Wait(std::min(absl::Seconds(1), profile_.renew_lease_every), options_.stop)) return pending;
  }
}

absl::Status SubmitRun::RunPasses() {
  for (;;) {
    absl::Status passed = Pass();
    if (!passed.ok() || !options_.follow) return passed;
    if (!time_.Wait(options_.follow_interval, no_posts_.get_token())) return Error();
  }
}

absl::Status SubmitRun::Pass() {
  tried_.clear();
  for (;;) {
    const auto open = QueueOpenBatches();
    if (!open.ok()) return open.status();
    const auto fresh = QueueNewBatches();
    if (!fresh.ok()) return fresh.status();
    queue_.WaitUntilIdle();
    if (!Error().ok()) return Error();
    if (*open + *fresh == 0 || no_posts_.stop_requested()) return absl::OkStatus();
  }
}

// Whole, before any of them is handed on: the halves of one that is split meanwhile are its own, and would be posted
// twice if they were found here.
absl::StatusOr<std::vector<v1::OpenBatch>> SubmitRun::ListOpenBatches() {
  std::vector<v1::OpenBatch> all;
  for (;;) {
    auto page = engine_.OpenBatches(all.empty() ? 0 : all.back().batch_id());
    if (!page.ok()) return page.status();
    if (page->empty()) return all;
    std::move(page->begin(), page->end(), std::back_inserter(all));
  }
}

// After a stop the open batches are left as they are: only those already being delivered come to their end.
absl::StatusOr<std::uint64_t> SubmitRun::QueueOpenBatches() {
  auto all = ListOpenBatches();
  if (!all.ok()) return all.status();
  std::uint64_t queued = 0;
  for (v1::OpenBatch& open : *all) {
    if (no_posts_.stop_requested()) break;
    if (!tried_.insert(open.batch_id()).second) continue;
    auto batch = engine_.ReadBatch(open.batch_id());
    if (absl::IsNotFound(batch.status())) continue;
    if (!batch.ok()) return batch.status();
    // Whoever had it before may have posted it and ended before the task id was kept. Nobody had a half whose split had
    // no answer.
    open.set_unknown(open.unknown() || open.attempts() > 0);
    if (!Hand({std::move(open), *std::move(batch)})) return queued;
    ++queued;
  }
  return queued;
}

absl::StatusOr<std::uint64_t> SubmitRun::QueueNewBatches() {
  std::uint64_t queued = 0;
  while (!no_posts_.stop_requested()) {
    auto next = engine_.NextBatch(profile_.max_records, PackedBytes(profile_));
    if (!next.ok()) return next.status();
    NotePending(next->pending());
    if (next->batch().items().empty()) break;
    tried_.insert(next->batch().batch_id());
    if (!Hand({v1::OpenBatch(), std::move(*next->mutable_batch())})) return queued;
    ++queued;
  }
  return queued;
}

bool SubmitRun::Hand(Job job) {
  if (outside_.threads) return queue_.Push(std::move(job));
  if (const absl::Status delivered = Deliver(std::move(job)); !delivered.ok()) Fail(delivered);
  return Error().ok();
}

Circuit::SitOut SubmitRun::SitOutPauses() {
  if (outside_.threads) return nullptr;
  return [this](absl::Duration pause, const std::stop_token& stop) { time_.Wait(pause, stop); };
}

bool SubmitRun::RenewForOne() {
  const absl::Status renewed = engine_.Renew().status();
  return !absl::IsFailedPrecondition(renewed) && !absl::IsAborted(renewed);
}

void SubmitRun::Work() {
  while (auto job = queue_.Pop()) {
    if (const absl::Status delivered = Deliver(*std::move(job)); !delivered.ok()) Fail(delivered);
    queue_.Done();
  }
}

absl::Status SubmitRun::Deliver(Job job) {
  std::vector<Job> jobs;
  jobs.push_back(std::move(job));
  while (!jobs.empty()) {
    Job current = std::move(jobs.back());
    jobs.pop_back();
    NoteChangeSets(current.batch);
    auto result = BatchDelivery(context_, current.open, std::move(current.batch)).Run();
    if (!result.ok()) return result.status();
    for (const v1::OpenBatch& half : result->halves) {
      auto batch = engine_.ReadBatch(half.batch_id());
      if (!batch.ok()) return batch.status();
      jobs.push_back({half, *std::move(batch)});
    }
  }
  return absl::OkStatus();
}

void SubmitRun::NoteChangeSets(const v1::Batch& batch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const v1::BatchItem& item : batch.items()) {
    if (item.change_set() != 0) change_sets_.insert(item.change_set());
  }
}

void SubmitRun::NoteReceipts(std::uint64_t accepted, std::uint64_t rejected) {
  const std::lock_guard<std::mutex> one_call(progress_mutex_);
  SubmitProgress progress;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    progress.accepted = summary_.accepted += accepted;
    progress.rejected = summary_.rejected += rejected;
    progress.pending = summary_.pending;
  }
  if (options_.on_progress) options_.on_progress(progress);
}

void SubmitRun::NotePending(std::uint64_t pending) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    summary_.pending = pending;
  }
  NoteReceipts(0, 0);
}

void SubmitRun::Notice(absl::string_view text) {
  const std::lock_guard<std::mutex> one_call(progress_mutex_);
  if (options_.on_notice) options_.on_notice(text);
}

void SubmitRun::NoteAnswer(Circuit::Pass pass, const HubAnswer& answer) {
  // Refusals, and a set-up that is wrong, are the words of a hub that is there.
  if (answer.code == kLeaseCode) return circuit_.NotMade(pass);
  if (answer.verdict != HubVerdict::kUnknown && answer.verdict != HubVerdict::kNotApplied) {
    if (circuit_.Succeeded()) Notice("HUB-BACK 登録先が応答しました。送信を続けます / the hub answers again: going on");
    return;
  }
  if (circuit_.Failed(pass, answer.code, answer.retry_after.value_or(absl::ZeroDuration()))) {
    Notice(absl::StrCat("HUB-PAUSED 登録先が", profile_.circuit.failures, "回続けて失敗しました(", answer.code,
                        ")。間をおいて1件ずつ試します / the hub failed ", profile_.circuit.failures,
                        " times in a row (", answer.code, "): pausing, then trying a single batch"));
  }
  if (options_.follow || circuit_.failed_trials() < profile_.circuit.max_trials) return;
  if (no_posts_.request_stop()) {
    Notice(
        "HUB-DOWN 登録先が応答しません。残りは次の送信で続けます / the hub is down: the rest is left for the next run");
  }
}

void SubmitRun::Fail(const absl::Status& error) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (error_.ok()) error_ = error;
  }
  no_posts_.request_stop();
  no_waits_.request_stop();
  queue_.Close();
}

absl::Status SubmitRun::Error() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return error_;
}

void SubmitRun::EndAfterDrain(const std::stop_token& over) {
  std::stop_source either;
  const std::stop_callback when_over(over, [&] { either.request_stop(); });
  const std::stop_callback when_stopped(no_posts_.get_token(), [&] { either.request_stop(); });
  WaitFor(absl::InfiniteDuration(), either.get_token());
  if (!over.stop_requested() && WaitFor(options_.drain, over)) no_waits_.request_stop();
}

absl::Status SubmitRun::CountWhatIsLeft() {
  const auto pending = engine_.Renew();
  if (!pending.ok()) return pending.status();
  summary_.pending = *pending;
  const auto all = ListOpenBatches();
  if (!all.ok()) return all.status();
  for (const v1::OpenBatch& open : *all) (open.unknown() ? summary_.unknown : summary_.pending) += open.open_items();
  return absl::OkStatus();
}

}  // namespace sabun
