// The keys of every family. Each begins with a version byte and the dataset's number; see engine/FORMATS.md, "Keys".
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/record/ids.h"

namespace sabun::layout {

inline constexpr char kVersion = 0x01;

inline std::string Dataset(uint32_t dataset) {
  std::string key(1, kVersion);
  AppendBig32(dataset, &key);
  return key;
}

// The smallest key above every key that begins with `prefix`.
inline std::string After(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

inline std::string Tagged(uint32_t dataset, char tag) { return Dataset(dataset) + tag; }

inline std::string Numbered(std::string prefix, uint64_t number) {
  AppendBig64(number, &prefix);
  return prefix;
}

// catalog
inline std::string DatasetRow(uint32_t dataset) { return Tagged(dataset, 'd'); }
inline std::string HeadRow(uint32_t dataset) { return Tagged(dataset, 'h'); }
inline std::string ChangeSetRow(uint32_t dataset, uint64_t number) { return Numbered(Tagged(dataset, 'c'), number); }
inline std::string SnapshotRow(uint32_t dataset, absl::string_view id) {
  return Tagged(dataset, 's').append(id.data(), id.size());
}

// How many synced commits the store has seen; see engine/store/witness.h. Dataset 0 is the catalog's own.
inline std::string CommitRow() { return Tagged(0, 'w'); }
// That rows have seals; see engine/store/row_seal.h.
inline std::string SealRow() { return Tagged(0, 'z'); }
// In every family: how many commits it has seen.
inline std::string CommitCountRow() { return Tagged(0, 'x'); }

// index: pages ('l'; 'p' in older ones), what changed since they were written ('o'), and what is known of the source's
// file: the stretches of page entries ('n'), the stretches themselves ('t'), and what changed of both ('u')
inline std::string IndexPart(uint32_t dataset, uint64_t generation, char part) {
  return Numbered(Dataset(dataset), generation) + part;
}

// capsules
inline std::string Capsule(uint32_t dataset, const Key128& key) {
  return Dataset(dataset).append(key.view().data(), key.view().size());
}

// changes: bodies ('b'), rows of final states ('s'), pages of the index delta of a held change set ('i')
inline std::string ChangePart(uint32_t dataset, uint64_t change_set, char part) {
  return Numbered(Dataset(dataset), change_set) + part;
}

// unsettled
inline std::string UnsettledGeneration(uint32_t dataset, uint64_t generation) {
  return Numbered(Dataset(dataset), generation);
}
inline std::string Unsettled(uint32_t dataset, uint64_t generation, const Key128& key) {
  return UnsettledGeneration(dataset, generation).append(key.view().data(), key.view().size());
}

// submissions
inline std::string SubmissionBatch(uint32_t dataset, uint64_t batch) { return Numbered(Dataset(dataset), batch); }

}  // namespace sabun::layout
