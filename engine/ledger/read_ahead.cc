#include "engine/ledger/read_ahead.h"

#include <utility>

#include "engine/base/status_macros.h"

namespace sabun {
namespace {

std::vector<Key128> KeysOf(absl::Span<const WaitingRecord> records) {
  std::vector<Key128> keys;
  keys.reserve(records.size());
  for (const WaitingRecord& record : records) keys.push_back(record.key);
  return keys;
}

std::vector<ChangeRef> RefsOf(absl::Span<const WaitingRecord> records) {
  std::vector<ChangeRef> refs;
  refs.reserve(records.size());
  for (const WaitingRecord& record : records) {
    if (!record.gone) refs.push_back(record.wanted);
  }
  return refs;
}

// What is read, as the ledger was when the records were found.
struct Task {
  Store* store;
  uint32_t dataset;
  LedgerHead head;
  std::vector<Key128> keys;
  std::vector<ChangeRef> refs;
};

absl::StatusOr<ReadAhead::Contents> Read(const Task& task) {
  ReadAhead::Contents contents;
  ASSIGN_OR_RETURN(contents.capsules, ReadCapsules(task.store, task.dataset, task.head, task.keys));
  ASSIGN_OR_RETURN(contents.changes, ReadChanges(task.store, task.dataset, task.refs));
  return contents;
}

}  // namespace

ReadAhead::~ReadAhead() {
  if (thread_.joinable()) thread_.join();
}

void ReadAhead::Begin(absl::Span<const WaitingRecord> records, uint64_t as_of) {
  if (thread_.joinable()) thread_.join();
  keys_.clear();
  if (state_->options.one_thread || records.empty()) return;
  keys_ = KeysOf(records);
  as_of_ = as_of;
  Task task{state_->store, state_->dataset, state_->head, keys_, RefsOf(records)};
  thread_ = std::thread([this, task = std::move(task)] { contents_ = Read(task); });
}

absl::StatusOr<ReadAhead::Contents> ReadAhead::Get(absl::Span<const WaitingRecord> records, uint64_t as_of) {
  if (thread_.joinable()) thread_.join();
  std::vector<Key128> keys = KeysOf(records);
  if (std::exchange(keys_, {}) == keys && as_of_ == as_of) return std::exchange(contents_, Contents());
  return Read({state_->store, state_->dataset, state_->head, std::move(keys), RefsOf(records)});
}

}  // namespace sabun
