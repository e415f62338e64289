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

// Tells the hub everything in the batch; its receipts, item by item. A rejected repeat says nothing of the post before
// it.
std::vector<ItemReceipt> HandToHub(const OutgoingBatch& batch, Dataset* dataset, bool is_repeat, ModelHub* hub);

}  // namespace sabun::model
