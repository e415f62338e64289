#include "engine/ledger/waiting.h"

#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kMostFound = 65'536;

}  // namespace

Entry WaitingRecord::ToEntry() const {
  Entry entry = Entry::Pending(wanted, gone);
  entry.since = since;
  entry.attempts = attempts;
  entry.doubt = doubt;
  return entry;
}

absl::StatusOr<absl::Span<const WaitingRecord>> WaitingRecords::First(size_t limit, uint64_t as_of) {
  if (next_ == found_.size() || as_of_ != as_of) RETURN_IF_ERROR(Find());
  as_of_ = as_of;
  return absl::MakeConstSpan(found_).subspan(next_, limit);
}

absl::Status WaitingRecords::Find() {
  const std::string prefix = layout::UnsettledGeneration(state_->dataset, state_->head.unsettled_generation);
  // When all of it was handed out the search goes on where it ended: what is in flight is not read again and again.
  // When somebody else moved the ledger it is made once more from where it began.
  if (next_ == found_.size()) cursor_ = reached_;
  if (!cursor_.starts_with(prefix)) cursor_ = prefix;
  found_ = {};
  next_ = 0;
  const size_t limit = std::min<uint64_t>(kMostFound, state_->head.pending);
  const auto search = [&](const std::string& begin, const std::string& end) -> absl::Status {
    const std::unique_ptr<Scan> scan = state_->store->NewScan(Family::kUnsettled, begin, end);
    for (; scan->Valid() && found_.size() < limit; scan->Next()) {
      const std::optional<Entry> entry = DecodeEntry(scan->value());
      if (!entry) return absl::DataLossError("unsettled: an entry is damaged");
      if (entry->pending()) {
        found_.push_back({Key128::From(scan->key().data() + prefix.size()), entry->wanted, entry->since,
                          entry->attempts, entry->gone, entry->doubt});
      }
      reached_ = std::string(scan->key()) + '\0';
    }
    return scan->status();
  };
  if (limit > 0) {
    reached_ = cursor_;
    RETURN_IF_ERROR(search(cursor_, layout::After(prefix)));
    if (found_.size() < limit && cursor_ != prefix) RETURN_IF_ERROR(search(prefix, cursor_));
  }
  std::sort(found_.begin(), found_.end(),
            [](const WaitingRecord& a, const WaitingRecord& b) { return a.wanted < b.wanted; });
  return absl::OkStatus();
}

}  // namespace sabun
