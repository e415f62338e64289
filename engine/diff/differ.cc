#include "engine/diff/differ.h"

#include "engine/base/status_macros.h"

namespace sabun {
namespace {

// Takes the rows of the next key. When it was given once, `*row` is it and the result true; otherwise all its rows are
// noted as duplicates, and `*row` is the first.
absl::StatusOr<bool> TakeKey(RowRuns& rows, RowEntry* row, Difference* difference) {
  *row = rows.Get();
  RETURN_IF_ERROR(rows.Next());
  if (!rows.Valid() || rows.Get().key != row->key) return true;
  const auto note = [&](uint64_t ordinal) {
    ++difference->duplicate;
    if (difference->duplicate_ordinals.size() < Difference::kListedDuplicates) {
      difference->duplicate_ordinals.push_back(ordinal);
    }
  };
  note(row->ordinal);
  while (rows.Valid() && rows.Get().key == row->key) {
    note(rows.Get().ordinal);
    RETURN_IF_ERROR(rows.Next());
  }
  return false;
}

}  // namespace

absl::Status DiffComplete(RowRuns& rows, IndexScan& index, Difference* difference) {
  RETURN_IF_ERROR(rows.Rewind());
  while (rows.Valid()) {
    RowEntry row;
    ASSIGN_OR_RETURN(const bool once, TakeKey(rows, &row, difference));
    for (; index.Valid() && index.entry().key < row.key; index.Next()) {
      RETURN_IF_ERROR(difference->gone.Add(index.entry().key));
    }
    const bool in_index = index.Valid() && index.entry().key == row.key;
    if (once && in_index && index.entry().fingerprint == row.fingerprint) {
      ++difference->unchanged;
    } else if (once) {
      RETURN_IF_ERROR(difference->candidates.Add({row.ordinal, row.key, row.fingerprint, in_index}));
    }
    if (in_index) index.Next();
  }
  for (; index.Valid(); index.Next()) RETURN_IF_ERROR(difference->gone.Add(index.entry().key));
  return index.Proof();
}

absl::Status DiffPartial(RowRuns& rows, IndexLookup& index, Difference* difference) {
  RETURN_IF_ERROR(rows.Rewind());
  while (rows.Valid()) {
    RowEntry row;
    ASSIGN_OR_RETURN(const bool once, TakeKey(rows, &row, difference));
    if (!once) continue;
    ASSIGN_OR_RETURN(const std::optional<Fingerprint128> known, index.Find(row.key));
    if (row.is_delete) {
      ++difference->delete_rows;
      if (known) RETURN_IF_ERROR(difference->gone.Add(row.key));
    } else if (known == row.fingerprint) {
      ++difference->unchanged;
    } else {
      RETURN_IF_ERROR(difference->candidates.Add({row.ordinal, row.key, row.fingerprint, known.has_value()}));
    }
  }
  return absl::OkStatus();
}

}  // namespace sabun
