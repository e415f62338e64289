// What was handed out for the hub and what the hub said of it, noted outside the store: after an older copy of the
// store was restored, it tells what the hub holds that the copy knows nothing of. Layout: engine/FORMATS.md, "Journal".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/entry.h"
#include "engine/record/ids.h"
#include "engine/store/journal.h"

namespace sabun {

// One record that was handed out.
struct SentNote {
  Key128 key;
  ChangeOp op = ChangeOp::kAdd;
  uint64_t base = 0;                  // BaseOf what the hub held then, as far as the engine knew
  std::string content;                // canonical form; of a delete, what is deleted
  std::optional<std::string> wanted;  // set: this was the delete under an old identity, and this is to be added
  bool doubtful = false;              // the hub may have held something else than `base` says
};

// The hub's word on one.
struct ReceiptNote {
  Key128 key;
  bool accepted = false;
  std::string code, message;
  bool doubtful = false;  // see ItemReceipt
};

// Tells contents apart; 0 when there is none.
uint64_t BaseOf(const std::optional<std::string>& canonical);

// One record of the journal: of one batch.
struct SentBatchNote {
  uint32_t dataset = 0;
  uint64_t batch = 0;
  uint64_t newest_change_set = 0;
  std::vector<SentNote> items;
};
struct ReceiptsNote {
  uint32_t dataset = 0;
  uint64_t batch = 0;
  std::vector<ReceiptNote> items;
};

std::string EncodeNote(const SentBatchNote& note);
std::string EncodeNote(const ReceiptsNote& note);

// Where one item lies in the bytes of a journal's record.
struct NotedItem {
  uint32_t dataset = 0;
  uint64_t batch = 0, newest_change_set = 0;
  bool sent = false;  // else a receipt
  Key128 key;
  size_t at = 0, size = 0;
};
// Errors: DATA_LOSS.
absl::StatusOr<std::vector<NotedItem>> ListItems(absl::string_view record);
absl::StatusOr<SentNote> DecodeSent(absl::string_view item);
absl::StatusOr<ReceiptNote> DecodeReceipt(absl::string_view item);

}  // namespace sabun
