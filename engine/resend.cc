#include "engine/resend.h"

#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/dataset.h"
#include "engine/record/packed_fields.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kKeysAtOnce = 1'000;

std::vector<Key128> KeysOf(Dataset* dataset, const std::vector<std::vector<std::string>>& values) {
  const KeyedHash hash(dataset->key_scheme(), DeriveSecret(dataset->row().secret, {"key"}));
  std::vector<Key128> keys;
  for (const std::vector<std::string>& key : values) {
    const std::vector<absl::string_view> views(key.begin(), key.end());
    keys.push_back(hash.Key(KeyInput(views)));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

absl::Status PlanKeys(const std::vector<Key128>& keys, ChangeSetPlan* plan) {
  for (size_t at = 0; at < keys.size(); at += kKeysAtOnce) {
    const auto end = keys.begin() + static_cast<ptrdiff_t>(std::min(keys.size(), at + kKeysAtOnce));
    RETURN_IF_ERROR(plan->Resend({keys.begin() + static_cast<ptrdiff_t>(at), end}));
  }
  return absl::OkStatus();
}

// In one scan of what the hub accepted.
absl::Status PlanScanned(LedgerState& ledger, const ResendSelection& selection, ChangeSetPlan* plan) {
  const std::string prefix = layout::Dataset(ledger.dataset);
  const auto scan = ledger.store->NewScan(Family::kCapsules, prefix, layout::After(prefix));
  std::vector<Key128> keys;
  for (; scan->Valid(); scan->Next()) {
    ASSIGN_OR_RETURN(const Capsule capsule, DecodeCapsule(scan->value()));
    const uint64_t number = capsule.ref.change_set;
    if (!selection.all && (number < selection.first_change_set || number > selection.last_change_set)) continue;
    keys.push_back(Key128::From(scan->key().data() + prefix.size()));
    if (keys.size() < kKeysAtOnce) continue;
    RETURN_IF_ERROR(plan->Resend(keys));
    keys.clear();
  }
  RETURN_IF_ERROR(scan->status());
  return plan->Resend(keys);
}

}  // namespace

absl::StatusOr<ChangeSetInfo> PlanResend(Dataset* dataset, const ResendSelection& selection) {
  const EngineOptions& options = dataset->options();
  ChangeSetPlan plan(&dataset->ledger(), {{options.spool_directory, options.delta_memory_bytes}});
  if (selection.all || selection.first_change_set != 0) {
    RETURN_IF_ERROR(PlanScanned(dataset->ledger(), selection, &plan));
  } else {
    RETURN_IF_ERROR(PlanKeys(KeysOf(dataset, selection.keys), &plan));
  }
  RETURN_IF_ERROR(plan.Finish());
  ChangeSetInfo info;
  info.snapshot_id = selection.id;
  info.pushed_by = selection.ordered_by;
  return SealResend(dataset, &plan, std::move(info));
}

absl::StatusOr<ChangeSetInfo> SealResend(Dataset* dataset, ChangeSetPlan* plan, ChangeSetInfo info) {
  SealRequest seal;
  info.number = plan->number();
  info.kind = SnapshotKind::kResend;
  info.digest = plan->Digest();
  const uint64_t planned = plan->deltas()->count();
  info.counts = {};
  info.counts.received = info.counts.updated = planned;
  if (planned > 0) {
    Hold hold;
    hold.rule = "resend";
    hold.actual = static_cast<double>(planned);
    info.holds = {hold};
  }
  seal.held = planned > 0;
  seal.info = std::move(info);
  seal.deltas = DeltasOf(plan->deltas());
  seal.delta_count = planned;
  return dataset->change_sets().Seal(std::move(seal));
}

}  // namespace sabun
