// Every decoder of what the ledger stores: any bytes are refused, or are what the encoder would have written again.
#include <string>

#include "engine/ledger/catalog.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/entry.h"
#include "engine/ledger/final_states.h"
#include "engine/ledger/ledger_state.h"
#include "engine/ledger/submissions.h"
#include "engine/store/layout.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace sabun;
using sabun::fuzz::Require;

template <typename T>
bool IsThere(const absl::StatusOr<T>& row) {
  Require(row.ok() || absl::IsDataLoss(row.status()), "damage is DATA_LOSS");
  return row.ok();
}
template <typename T>
bool IsThere(const std::optional<T>& row) {
  return row.has_value();
}

// What was read is written, read and written again: the same both times.
template <typename Decode, typename Encode>
void RoundTrip(const std::string& bytes, Decode decode, Encode encode) {
  const auto row = decode(bytes);
  if (!IsThere(row)) return;
  const std::string written = encode(*row);
  const auto again = decode(written);
  Require(IsThere(again) && encode(*again) == written, "a row round trips");
}
void StoredRows(const std::string& bytes) {
  const std::unique_ptr<Store> store = NewMemoryStore();
  Batch batch;
  batch.Put(Family::kSubmissions, layout::SubmissionBatch(1, 1), bytes);
  Require(store->Commit(batch, Durability::kSynced).ok(), "a commit to memory");
  RoundTrip(
      bytes, [&](const std::string&) { return ReadBatchRow(store.get(), 1, 1); },
      [](const BatchRow& row) { return EncodeBatchRow(row); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sabun::fuzz::FuzzInput input(data, size);
  const uint8_t choice = input.Byte() % 7;
  const std::string bytes(input.rest());
  if (choice == 0) RoundTrip(bytes, DecodeEntry, EncodeEntry);
  if (choice == 1) RoundTrip(bytes, DecodeCapsule, EncodeCapsule);
  if (choice == 2)
    RoundTrip(
        bytes,
        [](const std::string& b) {
          return DecodeChangeBody({1, 2}, b);
        },
        EncodeChangeBody);
  if (choice == 3) RoundTrip(bytes, DecodeHead, EncodeHead);
  if (choice == 4) RoundTrip(bytes, DecodeChangeSetInfo, EncodeChangeSetInfo);
  if (choice == 5) RoundTrip(bytes, DecodeDatasetRow, EncodeDatasetRow);
  if (choice == 6) StoredRows(bytes);
  return 0;
}
