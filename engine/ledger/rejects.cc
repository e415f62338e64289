#include "engine/ledger/rejects.h"

#include "engine/base/status_macros.h"
#include "engine/ledger/change_log.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kPage = 1'000;

}  // namespace

absl::StatusOr<std::vector<Rejects::Parked>> Rejects::NextPage(absl::string_view code, const LedgerHead& head,
                                                               std::string* from) {
  std::vector<Parked> page;
  if (head.parked == 0) return page;
  const std::string prefix = layout::UnsettledGeneration(state_->dataset, head.unsettled_generation);
  if (from->empty()) *from = prefix;
  const std::unique_ptr<Scan> scan = state_->store->NewScan(Family::kUnsettled, *from, layout::After(prefix));
  for (; scan->Valid() && page.size() < kPage; scan->Next()) {
    std::optional<Entry> entry = DecodeEntry(scan->value());
    if (!entry) return absl::DataLossError("unsettled: an entry is damaged");
    if (entry->parked() && (code.empty() || entry->code == code)) {
      page.push_back({Key128::From(scan->key().data() + prefix.size()), *std::move(entry)});
    }
    *from = std::string(scan->key()) + '\0';
  }
  RETURN_IF_ERROR(scan->status());
  return page;
}

absl::Status Rejects::Visit(absl::string_view code, const Visitor& visit) {
  std::string from;
  const LedgerHead head = state_->Head();
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<Parked> page, NextPage(code, head, &from));
    if (page.empty()) return absl::OkStatus();
    std::vector<ChangeRef> refs;
    for (const Parked& parked : page) refs.push_back(parked.entry.wanted);
    ASSIGN_OR_RETURN(const std::vector<Change> changes, ReadChanges(state_->store, state_->dataset, refs));
    for (size_t i = 0; i < page.size(); ++i) RETURN_IF_ERROR(visit(page[i].entry, changes[i]));
  }
}

absl::StatusOr<uint64_t> Rejects::Retry(absl::string_view code) {
  MutexLock lock(&state_->mutex);
  std::string from;
  uint64_t retried = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<Parked> page, NextPage(code, state_->head, &from));
    if (page.empty()) return retried;
    LedgerWrite write(state_);
    for (const Parked& parked : page) {
      Step step;
      step.entry = parked.entry;
      step.entry->code.clear();
      step.entry->message.clear();
      step.transitions.push_back({parked.entry.wanted, ChangeState::kRejected, ChangeState::kPending});
      write.Note(parked.entry, step);
      write.PutEntry(parked.key, step.entry);
    }
    RETURN_IF_ERROR(write.Commit("retry"));
    retried += page.size();
  }
}

}  // namespace sabun
