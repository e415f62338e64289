// What was handed out for the hub, and the newest of it, kept so that receipts need not read it again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/ledger/entry.h"

namespace sabun {

// One record as the adapter gets it.
struct OutgoingItem {
  uint32_t item = 0;
  ChangeOp op = ChangeOp::kAdd;
  std::string canonical;
  uint64_t change_set = 0;
};

struct OutgoingBatch {
  uint64_t id = 0;
  std::vector<OutgoingItem> items;
  uint64_t pending = 0;  // records that still wait
};

// Batches as they were handed out: up to 8 MiB, then the oldest go. Not thread safe.
class SentBatches {
 public:
  struct Kept {
    uint64_t batch = 0;
    uint64_t as_of = 0;                 // the moves of others when the entries were true
    std::vector<Entry> entries;         // item by item
    std::vector<std::string> contents;  // what was sent, item by item
    size_t bytes = 0;
  };

  // `batch` is new, with items 0, 1, 2, ... and as many `entries`.
  void Keep(const OutgoingBatch& batch, std::vector<Entry> entries, uint64_t as_of);
  // nullptr when it is not kept (any more). Valid until the next call that is not const.
  const Kept* Find(uint64_t batch) const;
  void Drop(uint64_t batch);

 private:
  std::deque<Kept> kept_;
  size_t bytes_ = 0;
};

}  // namespace sabun
