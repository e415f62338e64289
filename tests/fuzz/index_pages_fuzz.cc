// Pages and overlay of any bytes: a scan that proves itself complete has given ascending keys, each once.
#include <string>

#include "engine/store/index.h"
#include "engine/store/layout.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sabun;
  using sabun::fuzz::Require;
  sabun::fuzz::FuzzInput input(data, size);
  const std::unique_ptr<Store> store = NewMemoryStore();
  Batch batch;
  IndexExtent extent;
  extent.generation = 1;
  extent.page_entries = input.Byte();
  extent.overlay_entries = input.Byte() % 16;
  const auto key_of = [](uint8_t byte) { return Key128::From(std::string(16, static_cast<char>(byte)).data()); };
  while (!input.empty()) {
    const uint8_t choice = input.Byte(), key = input.Byte();
    if (choice % 4 == 0) {
      batch.Put(Family::kIndex, layout::IndexPart(1, 1, 'o') + std::string(key_of(key).view()),
                std::string(input.Piece(20)));
      continue;
    }
    // A page whose entries are small numbers, so that they meet; one in four has odd bytes at its end.
    std::string page;
    for (const char byte : input.Piece(16)) page += std::string(32, byte);
    if (choice % 4 == 3) page += std::string(input.Piece(40));
    batch.Put(Family::kIndex, layout::IndexPart(1, 1, choice & 4 ? 'l' : 'p') + std::string(key_of(key).view()), page);
  }
  Require(store->Commit(batch, Durability::kSynced).ok(), "a commit to memory");
  IndexScan scan(store.get(), 1, extent);
  std::optional<Key128> last;
  bool ascends = true;
  uint64_t entries = 0;
  for (; scan.Valid(); scan.Next(), ++entries) {
    ascends = ascends && (!last || *last < scan.entry().key);
    last = scan.entry().key;
  }
  if (scan.Proof().ok()) {
    Require(ascends, "a proven scan ascends");
    Require(entries <= extent.page_entries + extent.overlay_entries, "a proven scan gives no more than is counted");
  }
  IndexLookup lookup(store.get(), 1, extent);
  for (int key = 0; key < 256; key += 50) (void)lookup.Find(key_of(static_cast<uint8_t>(key)));
  return 0;
}
