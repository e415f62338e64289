#include "engine/intake/inbox.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

// Whether the ordinals ascend and lie within [begin, end).
bool AreRowsOf(absl::Span<const uint64_t> ordinals, uint64_t begin, uint64_t end) {
  for (size_t i = 0; i < ordinals.size(); ++i) {
    if (ordinals[i] < begin || ordinals[i] >= end || (i > 0 && ordinals[i] <= ordinals[i - 1])) return false;
  }
  return true;
}

}  // namespace

absl::Status Inbox::Add(const FingerprintBlock& block) {
  if (ended_) return absl::InvalidArgumentError("Fingerprints after End");
  if (block.first_ordinal != next_ordinal_) {
    return absl::InvalidArgumentError(
        absl::StrCat("Fingerprints begin at ordinal ", block.first_ordinal, ", expected ", next_ordinal_));
  }
  if (block.entries.size() % kEntryBytes != 0) {
    return absl::InvalidArgumentError("Fingerprints.entries is not a multiple of 32 bytes");
  }
  uint64_t end = next_ordinal_ + block.entries.size() / kEntryBytes;
  for (const RowRange& range : block.claimed) end += range.rows;
  if (!block.claimed.empty() && end != block.end_ordinal) {
    return absl::InvalidArgumentError("Fingerprints.end_ordinal is not where the message ends");
  }
  if (end > RowEntry::kMaxRows) {
    return absl::InvalidArgumentError("a snapshot has at most 2,147,483,648 rows; split the dataset");
  }
  if (!AreRowsOf(block.unreadable, next_ordinal_, end) || !AreRowsOf(block.deletes, next_ordinal_, end)) {
    return absl::InvalidArgumentError("Fingerprints.unreadable and deletes must ascend and lie within the message");
  }
  if (kind_ == SnapshotKind::kComplete && !block.deletes.empty()) {
    return absl::InvalidArgumentError("a complete snapshot has no explicit deletes");
  }
  const auto* unreadable = block.unreadable.begin();
  const auto* deletes = block.deletes.begin();
  EntryOrdinals ordinals(next_ordinal_, block.claimed);
  for (size_t at = 0; at < block.entries.size(); at += kEntryBytes) {
    const char* const entry = block.entries.data() + at;
    const uint64_t ordinal = ordinals.Next();
    const bool is_unreadable = unreadable != block.unreadable.end() && *unreadable == ordinal;
    const bool is_delete = deletes != block.deletes.end() && *deletes == ordinal;
    unreadable += is_unreadable;
    deletes += is_delete;
    const RowEntry row{Key128::From(entry), Fingerprint128::From(entry + 16), static_cast<uint32_t>(ordinal),
                       static_cast<uint32_t>(is_delete)};
    if (is_unreadable != row.key.IsZero()) {
      return absl::InvalidArgumentError("a key of zeros and an entry in unreadable go together");
    }
    if (is_unreadable) {
      ++unreadable_;
    } else {
      RETURN_IF_ERROR(rows_.Add(row));
    }
  }
  if (ordinals.End() != end || !ordinals.Passed() || unreadable != block.unreadable.end()) {
    return absl::InvalidArgumentError("Fingerprints.claimed_ordinals do not lie between the entries of the message");
  }
  digest_.Update(block.entries);
  next_ordinal_ = end;
  return absl::OkStatus();
}

absl::Status Inbox::End(uint64_t count, absl::string_view digest) {
  if (count != next_ordinal_) {
    return absl::AbortedError(absl::StrCat("the adapter states ", count, " rows, ", next_ordinal_, " arrived"));
  }
  if (digest != digest_.Value()) return absl::AbortedError("the digest the adapter states is not that of what arrived");
  if (ended_) return absl::OkStatus();
  ended_ = true;
  return rows_.FinishAdding();
}

}  // namespace sabun
