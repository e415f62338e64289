// What the store keeps beside the ledger's own rows: commit rows, witness slots, final states, index deltas. Any bytes
// are refused, or are what would be written again.
#include <string>
#include <vector>

#include "engine/ledger/change_log.h"
#include "engine/ledger/final_states.h"
#include "engine/store/layout.h"
#include "engine/store/witness.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace sabun;
using sabun::fuzz::FuzzInput;
using sabun::fuzz::Require;

std::unique_ptr<Store> StoreWith(const std::string& key, absl::string_view value) {
  std::unique_ptr<Store> store = NewMemoryStore();
  Batch batch;
  batch.Put(Family::kChanges, key, std::string(value));
  Require(store->Commit(batch, Durability::kSynced).ok(), "a commit to memory");
  return store;
}

void CommitRows(absl::string_view bytes) {
  const auto row = DecodeCommitRow(bytes);
  if (row) Require(EncodeCommitRow(*row) == bytes, "a commit row round trips");
  const auto mark = DecodeMark(bytes);
  if (mark) Require(EncodeMark(*mark) == bytes, "a mark round trips");
}

// Two sound slots, changed: what is read is one of the two, and only from a slot that is sound still.
void WitnessSlots(FuzzInput* input) {
  static const std::string key(32, 'k');
  const Mark older{std::string(kStoreIdBytes, 'i'), 6}, newer{std::string(kStoreIdBytes, 'i'), 7};
  const std::string sound_older = EncodeWitnessSlot(key, {older}),
                    sound_newer = EncodeWitnessSlot(key, {newer, /*only_frames=*/true});
  std::string file = sound_older + sound_newer;
  while (!input->empty()) {
    const uint8_t choice = input->Byte();
    // The bytes that count are at a slot's begin.
    const size_t at = (choice & 1) * kWitnessSlotBytes + input->Byte();
    if (choice & 2) file.resize(std::min(file.size(), at + (choice & 4 ? kWitnessSlotBytes : 0)));
    if (at < file.size()) file[at] = static_cast<char>(file[at] ^ input->Byte());
  }
  const auto found = DecodeWitness(key, file);
  if (!found) return;
  const Mark& mark = found->mark;
  const std::string& slot = mark == newer ? sound_newer : sound_older;
  Require(mark == newer || mark == older, "a mark that was written");
  Require(found->only_frames == (mark == newer), "with its own word");
  Require(file.compare(WitnessSlotOffset(mark), 64, slot, 0, 64) == 0 || file.find(slot.substr(0, 64)) != file.npos,
          "from a slot that is as it was written");
}

void FinalStates(absl::string_view bytes) {
  const auto store = StoreWith(layout::Numbered(layout::ChangePart(1, 1, 's'), 0), bytes);
  std::vector<ChangeRef> refs;
  for (uint64_t sequence = 1; sequence <= 512; sequence += 73) refs.push_back({1, sequence});
  const auto states = ReadFinalStates(store.get(), 1, refs);
  uint64_t visited = 0;
  const absl::Status status = VisitFinalStates(store.get(), 1, 1, [&](const FinalState& state) {
    ++visited;
    const auto one = ReadFinalStates(store.get(), 1, {state.ref});
    Require(one.ok() && (*one)[0] == state.state, "a state is read as it is visited");
    return absl::OkStatus();
  });
  Require(states.ok() == status.ok() && (status.ok() || absl::IsDataLoss(status)), "damage is DATA_LOSS");
  Require(visited <= bytes.size(), "at most one state a byte");
}

void IndexDeltas(absl::string_view bytes) {
  const auto store = StoreWith(layout::Numbered(layout::ChangePart(1, 1, 'i'), 0), bytes);
  uint64_t visited = 0;
  const absl::Status read = StoredDeltas(store.get(), 1, 1)([&](const Delta&) {
    ++visited;
    return absl::OkStatus();
  });
  Require(read.ok() || absl::IsDataLoss(read), "damage is DATA_LOSS");
  if (read.ok()) Require(visited * 42 == bytes.size(), "every delta is visited");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput input(data, size);
  const uint8_t choice = input.Byte() % 4;
  if (choice == 0) CommitRows(input.rest());
  if (choice == 1) WitnessSlots(&input);
  if (choice == 2) FinalStates(input.rest());
  if (choice == 3) IndexDeltas(input.rest());
  return 0;
}
