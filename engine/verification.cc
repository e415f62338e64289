#include "engine/verification.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/base/whole_numbers.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

std::string ResultRow() { return layout::Tagged(0, 'v'); }

std::string EncodeResult(const ScrubResult& result) {
  return nlohmann::json{{"finished_at", result.finished_at},
                        {"sound", result.sound},
                        {"bytes", result.bytes},
                        {"problem", result.problem}}
      .dump();
}

}  // namespace

absl::Status VerifyStore(Engine* engine, const std::string& dataset, Pace* pace,
                         const std::function<void(const StoreFinding&)>& visit) {
  std::vector<std::shared_ptr<Dataset>> datasets;
  if (dataset.empty()) {
    datasets = engine->List("", Engine::kMostDatasets);
  } else {
    ASSIGN_OR_RETURN(datasets.emplace_back(), engine->Find(dataset));
  }
  VerifyFinding files{"files", "", 0};
  const absl::Status read = engine->store()->VerifyFiles(pace);
  if (absl::IsCancelled(read)) return read;
  files.examined = pace->bytes();
  if (!read.ok()) files.problem = std::string(read.message());
  visit({"", files});
  for (const std::shared_ptr<Dataset>& one : datasets) {
    const std::string name = one->row().name;
    ASSIGN_OR_RETURN(const std::unique_ptr<Store> frozen, engine->store()->Freeze());
    ASSIGN_OR_RETURN(const std::vector<VerifyFinding> findings,
                     VerifyLedger(frozen.get(), one->ledger().dataset, pace));
    for (const VerifyFinding& finding : findings) visit({name, finding});
  }
  return absl::OkStatus();
}

Scrub::Scrub(Engine* engine, ScrubOptions options, Alarm alarm)
    : engine_(engine), options_(options), alarm_(std::move(alarm)) {
  if (options_.every > absl::ZeroDuration()) thread_ = std::thread([this] { Loop(); });
}

Scrub::~Scrub() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Scrub::Stopped() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stopped_;
}

bool Scrub::IsRunning() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return running_;
}

void Scrub::Loop() {
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (changed_.wait_for(lock, absl::ToChronoMilliseconds(options_.every), [this] { return stopped_; })) return;
    }
    const absl::Status status = RunOnce();
    if (!status.ok() && !absl::IsCancelled(status)) alarm_({"", {"scrub", std::string(status.message()), 0}});
  }
}

absl::Status Scrub::RunOnce() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (std::exchange(running_, true)) return absl::FailedPreconditionError("a scrub is running");
  }
  const auto ended = absl::MakeCleanup([this] {
    const std::lock_guard<std::mutex> lock(mutex_);
    running_ = false;
  });
  Pace pace(options_.bytes_per_second, [this](uint64_t) { return !Stopped(); });
  ScrubResult result;
  RETURN_IF_ERROR(VerifyStore(engine_, "", &pace, [&](const StoreFinding& found) {
    if (found.finding.problem.empty()) return;
    if (result.sound)
      result.problem = absl::StrCat(found.dataset, ": ", found.finding.check, ": ", found.finding.problem);
    result.sound = false;
    alarm_(found);
  }));
  result.finished_at = absl::ToUnixSeconds(engine_->clock()->Now());
  result.bytes = pace.bytes();
  Batch batch;
  batch.Put(Family::kCatalog, ResultRow(), EncodeResult(result));
  return engine_->store()->Commit(batch, Durability::kSynced);
}

absl::StatusOr<ScrubResult> Scrub::Last() {
  ASSIGN_OR_RETURN(const auto row, engine_->store()->Get(Family::kCatalog, ResultRow()));
  ScrubResult result;
  if (!row) return result;
  // nlohmann reports by exception; it ends here.
  try {
    const nlohmann::json json = nlohmann::json::parse(*row, WholeNumbersOnly<nlohmann::json>);
    json.at("finished_at").get_to(result.finished_at);
    json.at("sound").get_to(result.sound);
    json.at("bytes").get_to(result.bytes);
    json.at("problem").get_to(result.problem);
    return result;
  } catch (const nlohmann::json::exception&) {
    return absl::DataLossError("catalog: a row is damaged");
  }
}

}  // namespace sabun
