#include "engine/ledger/sent_batches.h"

#include <utility>

namespace sabun {
namespace {

constexpr size_t kMostBytes = 8 << 20;

}  // namespace

void SentBatches::Keep(const OutgoingBatch& batch, std::vector<Entry> entries, uint64_t as_of) {
  Kept kept{batch.id, as_of, std::move(entries), {}, 0};
  kept.contents.reserve(batch.items.size());
  for (const OutgoingItem& item : batch.items) {
    kept.contents.push_back(item.canonical);
    kept.bytes += sizeof(Entry) + sizeof(std::string) + item.canonical.size();
  }
  bytes_ += kept.bytes;
  kept_.push_back(std::move(kept));
  while (bytes_ > kMostBytes) Drop(kept_.front().batch);
}

const SentBatches::Kept* SentBatches::Find(uint64_t batch) const {
  for (const Kept& kept : kept_) {
    if (kept.batch == batch) return &kept;
  }
  return nullptr;
}

void SentBatches::Drop(uint64_t batch) {
  std::erase_if(kept_, [&](const Kept& kept) {
    if (kept.batch == batch) bytes_ -= kept.bytes;
    return kept.batch == batch;
  });
}

}  // namespace sabun
