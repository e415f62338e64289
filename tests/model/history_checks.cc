// What must hold at every moment, and when everything is settled.
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/ledger/verify.h"
#include "tests/model/history.h"

namespace sabun::model {

void History::CheckCounts(const SnapshotCounts& counts, const Records& next, bool partial) {
  // Against a settled hub the counts are plain set arithmetic.
  uint64_t added = 0, updated = 0, deleted = 0;
  for (const auto& [key, content] : next) {
    const auto found = wanted_.find(key);
    added += found == wanted_.end();
    updated += found != wanted_.end() && found->second != content;
  }
  for (const auto& [key, content] : wanted_) deleted += !next.contains(key);
  if (counts.added != added || counts.updated != updated || counts.deleted != deleted) {
    Fail(absl::StrCat(partial ? "partial" : "complete", " counts ", counts.added, "/", counts.updated, "/",
                      counts.deleted, ", the model says ", added, "/", updated, "/", deleted));
  }
}

void History::CheckSettled() {
  do {
    Settle();  // again, when the disk took receipts back
    if (failure_.empty()) CompareWithHub();
  } while (down_ && failure_.empty());
}

void History::CompareWithHub() {
  for (const std::string& violation : hub_.violations) Fail(violation);
  std::set<std::string> parked;
  const absl::Status listed = dataset_->rejects().Visit("", [&](const Entry&, const Change& change) {
    parked.insert(Dataset::KeyValues(*dataset_->rules(), change.canonical)[0]);
    return absl::OkStatus();
  });
  if (Failed(listed, "rejects")) return;
  for (const auto& [key, content] : wanted_) {
    const auto held = hub_.held.find(key);
    const bool holds = held != hub_.held.end() && held->second == content;
    const bool is_both = holds && parked.contains(key);
    if (holds == parked.contains(key) && !(is_both && hub_.in_doubt.contains(key)))
      Fail(absl::StrCat(key, holds ? " is parked though the hub holds it" : " is neither held nor parked"));
    if (!holds && !ModelHub::Rejects(content)) Fail(absl::StrCat(key, " is parked without a reason"));
  }
  for (const auto& [key, content] : hub_.held) {
    if (!wanted_.contains(key)) Fail(absl::StrCat(key, " is still at the hub"));
  }
  for (const VerifyFinding& finding : VerifyLedger(&dataset_->ledger())) {
    if (finding.problem.empty()) continue;
    if (Failed(absl::DataLossError(finding.problem), absl::StrCat("verify ", finding.check))) return;
  }
  settled_ = parked.empty() && failure_.empty();
}

}  // namespace sabun::model
