// The adapter's side in memory, for records of the model: what it sends of a row, and how it hands a batch to the hub.
#pragma once

#include <string>
#include <vector>

#include "engine/dataset.h"
#include "engine/snapshot.h"
#include "tests/model/model_hub.h"

namespace sabun::model {

// A profile with the fields of Content, keyed by "id".
extern const char kModelProfile[];

// The row as it travels when it was asked for. `padding`: spaces that are no difference.
std::string PackedContent(const std::string& key, const Content& content, int padding = 0);

// Makes the 32 bytes that a snapshot gets of each row. Valid while the snapshot lives.
class EntryMaker {
 public:
  EntryMaker(Dataset* dataset, const Snapshot& snapshot);
  // `raw` is the row as it stands in the source.
  std::string Make(const std::string& key, const std::string& raw) const;

 private:
  KeyedHash key_hash_, row_hash_;
};

// Rows that are sent together: of one claim, without entries, or some of which a stretch is formed; or one row.
struct RowMessage {
  uint64_t first = 0, end = 0;  // ordinals
  uint32_t claimed = 0;         // the number; 0: none
  std::string formed;           // as in Fingerprints.formed
};
// Puts rows into messages as an adapter does that claims all it can and forms stretches of a few rows each. `stretches`
// null: one row each. Valid while the snapshot lives.
std::vector<RowMessage> MessagesOf(const std::vector<std::string>& raw_rows, const SnapshotStretches* stretches,
                                   const Snapshot& snapshot);
// Sends one of them; `unreadable` and `deletes` are those of its rows.
absl::Status Send(const RowMessage& message, absl::string_view entries, const std::vector<uint64_t>& unreadable,
                  const std::vector<uint64_t>& deletes, Snapshot* snapshot);
// The digest of the claims in `messages`, as End states it.
std::string ClaimsDigest(const std::vector<RowMessage>& messages);

// Tells the hub everything in the batch; its receipts, item by item. A rejected repeat says nothing of the post before
// it.
std::vector<ItemReceipt> HandToHub(const OutgoingBatch& batch, Dataset* dataset, bool is_repeat, ModelHub* hub);

}  // namespace sabun::model
