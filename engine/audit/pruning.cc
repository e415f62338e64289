#include "engine/audit/pruning.h"

#include <openssl/crypto.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"
#include "keys/ring_file.h"

namespace sabun {
namespace {

constexpr absl::string_view kWord = "sabun-audit-pruned";

std::string Said(const PrunedHead& head) {
  return absl::StrCat(kWord, " seq=", head.sequence, " chain=", absl::BytesToHexString(head.chain));
}

// Of a segment's first entry. An empty segment is as new as can be.
absl::StatusOr<absl::Time> FirstTime(const std::string& path) {
  absl::Time time = absl::InfiniteFuture();
  const absl::Status read = ReadAuditLines(path, [&](const RawAuditLine& raw) -> absl::Status {
    ASSIGN_OR_RETURN(const AuditLine line, DecodeAuditLine(raw.text));
    ASSIGN_OR_RETURN(const AuditEntry entry, DecodeAuditEntry(line.json));
    time = entry.time;
    return absl::CancelledError();
  });
  return read.ok() || absl::IsCancelled(read) ? absl::StatusOr<absl::Time>(time) : read;
}

}  // namespace

std::string PrunedNotePath(const std::string& directory) { return directory + "/audit-pruned"; }

absl::StatusOr<PrunedHead> ReadPrunedNote(const std::string& directory, const AuditChain& chain) {
  const std::string path = PrunedNotePath(directory);
  const absl::StatusOr<std::string> read = ReadRingFile(path);
  if (absl::IsNotFound(read.status())) return PrunedHead();
  RETURN_IF_ERROR(read.status());
  const std::string& text = *read;
  const absl::Status damaged = absl::DataLossError(absl::StrCat("the note of what was pruned is damaged: ", path));
  const std::vector<absl::string_view> words = absl::StrSplit(text, absl::ByAnyChar(" =\n"));
  // Word, seq, its value, chain, its value, mac, its value, and nothing behind the line's end.
  PrunedHead head;
  if (words.size() != 8 || words[4].size() != 2 * AuditChain::kValueBytes ||
      !absl::SimpleAtoi(words[2], &head.sequence)) {
    return damaged;
  }
  head.chain = absl::HexStringToBytes(words[4]);
  const std::string expected = absl::StrCat(Said(head), " mac=", absl::BytesToHexString(chain.Mac(Said(head))), "\n");
  const bool same = expected.size() == text.size() && CRYPTO_memcmp(expected.data(), text.data(), text.size()) == 0;
  return same ? absl::StatusOr<PrunedHead>(head) : damaged;
}

absl::Status WritePrunedNote(const std::string& directory, const PrunedHead& head, const AuditChain& chain) {
  return WriteRingFile(PrunedNotePath(directory),
                       absl::StrCat(Said(head), " mac=", absl::BytesToHexString(chain.Mac(Said(head))), "\n"));
}

absl::StatusOr<std::string> LastChain(const std::string& path) {
  std::string chain;
  RETURN_IF_ERROR(ReadAuditLines(path, [&](const RawAuditLine& raw) -> absl::Status {
    ASSIGN_OR_RETURN(const AuditLine line, DecodeAuditLine(raw.text));
    chain = line.chain;
    return absl::OkStatus();
  }));
  return chain;
}

// Times do not go back, so the first entry of the next segment tells that all of this one is older, at little cost.
absl::StatusOr<PrunedHead> FindPrunable(const std::vector<AuditSegment>& segments, absl::Time time) {
  size_t old = 0;
  for (; old + 1 < segments.size(); ++old) {
    ASSIGN_OR_RETURN(const absl::Time next, FirstTime(segments[old + 1].path));
    if (next >= time) break;
  }
  if (old == 0) return PrunedHead();
  PrunedHead head;
  head.sequence = segments[old].first_sequence - 1;
  ASSIGN_OR_RETURN(head.chain, LastChain(segments[old - 1].path));
  return head;
}

}  // namespace sabun
