#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/submissions.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

enum Flags : uint8_t { kUnknown = 1, kDoubtful = 2 };

}  // namespace

uint32_t BatchRow::OpenItems() const {
  uint32_t open = 0;
  for (const Item& item : items) open += item.open;
  return open;
}

std::string EncodeBatchRow(const BatchRow& batch) {
  std::string out(1, static_cast<char>((batch.unknown ? kUnknown : 0) | (batch.doubtful ? kDoubtful : 0)));
  AppendVarint(batch.attempts, &out);
  AppendSized(batch.task_id, &out);
  AppendVarint(batch.items.size(), &out);
  for (const BatchRow::Item& item : batch.items) {
    out.append(item.key.view().data(), 16);
    AppendVarint(item.ref.change_set, &out);
    AppendVarint(item.ref.sequence, &out);
    out.push_back(static_cast<char>(static_cast<uint8_t>(item.op) | (item.open ? 0x80 : 0)));
  }
  return out;
}

absl::StatusOr<BatchRow> ReadBatchRow(Store* store, uint32_t dataset, uint64_t id) {
  const absl::Status damaged = absl::DataLossError("submissions: a batch is damaged");
  ASSIGN_OR_RETURN(const auto row, store->Get(Family::kSubmissions, layout::SubmissionBatch(dataset, id)));
  if (!row) return absl::NotFoundError(absl::StrCat("there is no open batch ", id));
  absl::string_view bytes = *row;
  BatchRow batch;
  batch.id = id;
  if (bytes.empty() || static_cast<uint8_t>(bytes[0]) > (kUnknown | kDoubtful)) return damaged;
  batch.unknown = (bytes[0] & kUnknown) != 0;
  batch.doubtful = (bytes[0] & kDoubtful) != 0;
  bytes.remove_prefix(1);
  uint64_t attempts = 0, count = 0;
  absl::string_view task;
  if (!TakeVarint(&bytes, &attempts) || !TakeSized(&bytes, &task) || !TakeVarint(&bytes, &count)) return damaged;
  batch.attempts = static_cast<uint32_t>(attempts);
  batch.task_id = std::string(task);
  for (uint64_t i = 0; i < count; ++i) {
    BatchRow::Item item;
    if (bytes.size() < 17) return damaged;
    item.key = Key128::From(bytes.data());
    bytes.remove_prefix(16);
    if (!TakeVarint(&bytes, &item.ref.change_set) || !TakeVarint(&bytes, &item.ref.sequence) || bytes.empty())
      return damaged;
    const auto flags = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if ((flags & 0x7F) < 1 || (flags & 0x7F) > 3) return damaged;
    item.op = static_cast<ChangeOp>(flags & 0x7F);
    item.open = (flags & 0x80) != 0;
    batch.items.push_back(item);
  }
  if (!bytes.empty()) return damaged;
  return batch;
}

}  // namespace sabun
