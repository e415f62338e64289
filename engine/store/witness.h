// The durability witness: what a small file outside the data directory knows about the store, and how both are
// compared. See engine/ARCHITECTURE.md, "A witness outside the store".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sabun {

inline constexpr size_t kStoreIdBytes = 16;

// One point in a store's life.
struct Mark {
  std::string store_id;  // random, given once
  uint64_t number = 0;   // of the last synced commit
  friend bool operator==(const Mark&, const Mark&) = default;
};

std::string EncodeMark(const Mark& mark);
std::optional<Mark> DecodeMark(absl::string_view bytes);

// The store's own row, written with each synced commit.
struct CommitRow {
  Mark mark;
  uint64_t commits = 0;  // at least so many, synced or not, were made before and with it: every family has counted them
};
std::string EncodeCommitRow(const CommitRow& row);
std::optional<CommitRow> DecodeCommitRow(absl::string_view bytes);

// The witness file is two slots of one block each, written in turn, so that a torn write leaves the other.
inline constexpr size_t kWitnessSlotBytes = 4096;
inline constexpr size_t kWitnessBytes = 2 * kWitnessSlotBytes;

// What a slot says.
struct Witnessed {
  Mark mark;
  bool only_frames = false;  // the store has no log, manifest or small file of an older version's form any more
  friend bool operator==(const Witnessed&, const Witnessed&) = default;
};

// A whole slot: magic, which has the word on frames, mark, and a MAC under a key derived from the store's.
std::string EncodeWitnessSlot(absl::string_view mac_key, const Witnessed& witnessed);
// Where the slot of a mark lies.
inline uint64_t WitnessSlotOffset(const Mark& mark) { return mark.number % 2 * kWitnessSlotBytes; }
// The newer of the sound slots; nothing when none is.
std::optional<Witnessed> DecodeWitness(absl::string_view mac_key, absl::string_view file);

// What was found on opening.
struct WitnessFindings {
  std::string data, witness;  // paths, for the texts
  bool store_exists = false;
  bool witness_exists = false;
  std::optional<Mark> stored, witnessed;  // nothing: none, or not readable
};

// OK when nothing that was synced is missing. Otherwise DATA_LOSS with a code and the way out: WITNESS-BEHIND,
// WITNESS-OTHER-STORE, WITNESS-MISSING, WITNESS-DAMAGED.
absl::Status CompareWithWitness(const WitnessFindings& found);

}  // namespace sabun
