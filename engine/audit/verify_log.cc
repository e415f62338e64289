#include "engine/audit/verify_log.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/audit/pruning.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

constexpr size_t kListedProblems = 100;

// Follows the chain from the first entry, and goes on behind a problem with what the line itself says.
class ChainWalk {
 public:
  ChainWalk(const AuditChain& chain, const AuditEvidence& evidence) : chain_(chain), evidence_(evidence) {
    for (const AuditHead& anchor : evidence.anchors) anchors_.emplace(anchor.sequence, anchor.chain);
    if (evidence.head.sequence > 0) anchors_.emplace(evidence.head.sequence, evidence.head.chain);
  }

  // The log begins behind what was pruned; an anchor of its last entry still says whether that is true.
  void BeginBehind(const absl::StatusOr<PrunedHead>& pruned) {
    if (!pruned.ok()) return Add("pruned", 1);
    verdict_.last = {pruned->sequence, pruned->chain};
    verdict_.pruned = pruned->sequence;
    const auto [begin, end] = anchors_.equal_range(pruned->sequence);
    for (auto anchor = begin; anchor != end; ++anchor) {
      ++verdict_.anchors;
      if (anchor->second != pruned->chain) Add("anchor", pruned->sequence);
    }
  }

  void BeginSegment(const AuditSegment& segment) {
    file_ = segment.path;
    if (segment.first_sequence != verdict_.last.sequence + 1) Add("sequence", verdict_.last.sequence + 1);
  }

  void Take(const RawAuditLine& raw) {
    // The engine goes on writing while the log is read; what is behind the head that was asked for may be half there.
    if (!raw.whole && evidence_.head.sequence > 0 && verdict_.last.sequence >= evidence_.head.sequence) return;
    const uint64_t expected = verdict_.last.sequence + 1;
    const auto line = DecodeAuditLine(raw.text);
    const auto entry = line.ok() ? DecodeAuditEntry(line->json) : absl::StatusOr<AuditEntry>(line.status());
    if (!raw.whole || !entry.ok()) return Add("format", expected);
    if (++verdict_.entries == 1 && verdict_.pruned > 0) verdict_.pruned_before = entry->time;
    if (entry->sequence != expected) Add("sequence", expected);
    if (AuditChain::Next(verdict_.last.chain, line->json) != line->chain) Add("chain", expected);
    if (chain_.Mac(line->chain) != line->mac) Add("mac", expected);
    const auto [begin, end] = anchors_.equal_range(entry->sequence);
    for (auto anchor = begin; anchor != end; ++anchor) {
      ++verdict_.anchors;
      if (anchor->second != line->chain) Add("anchor", entry->sequence);
    }
    verdict_.last = {entry->sequence, line->chain};
  }

  AuditVerdict Finish() {
    for (auto anchor = anchors_.upper_bound(verdict_.last.sequence); anchor != anchors_.end(); ++anchor) {
      Add("cut", anchor->first);
    }
    return std::move(verdict_);
  }

 private:
  void Add(const char* kind, uint64_t sequence) {
    ++verdict_.problem_count;
    if (verdict_.problems.size() < kListedProblems) verdict_.problems.push_back({sequence, kind, file_});
  }

  const AuditChain& chain_;
  const AuditEvidence& evidence_;
  std::multimap<uint64_t, std::string> anchors_;
  std::string file_;
  AuditVerdict verdict_;
};

}  // namespace

absl::StatusOr<AuditVerdict> VerifyAuditLog(const std::string& directory, const AuditChain& chain,
                                            const AuditEvidence& evidence) {
  ASSIGN_OR_RETURN(const std::vector<AuditSegment> segments, ListAuditSegments(directory));
  ChainWalk walk(chain, evidence);
  const absl::StatusOr<PrunedHead> pruned = ReadPrunedNote(directory, chain);
  if (!pruned.ok() && !absl::IsDataLoss(pruned.status())) return pruned.status();
  walk.BeginBehind(pruned);
  for (size_t i = 0; i < segments.size(); ++i) {
    const AuditSegment& segment = segments[i];
    // Noted as pruned, and not erased yet.
    if (pruned.ok() && i + 1 < segments.size() && segments[i + 1].first_sequence <= pruned->sequence + 1) continue;
    walk.BeginSegment(segment);
    RETURN_IF_ERROR(ReadAuditLines(segment.path, [&](const RawAuditLine& raw) {
      walk.Take(raw);
      return absl::OkStatus();
    }));
  }
  return walk.Finish();
}

absl::Status VisitAuditLog(const std::string& directory,
                           const std::function<absl::Status(const AuditEntry&, absl::string_view line)>& take) {
  ASSIGN_OR_RETURN(const std::vector<AuditSegment> segments, ListAuditSegments(directory));
  for (const AuditSegment& segment : segments) {
    RETURN_IF_ERROR(ReadAuditLines(segment.path, [&](const RawAuditLine& raw) {
      const auto line = DecodeAuditLine(raw.text);
      if (!line.ok()) return absl::OkStatus();
      const auto entry = DecodeAuditEntry(line->json);
      return entry.ok() ? take(*entry, raw.text) : absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AuditHead>> ReadAnchors(const std::string& path) {
  std::ifstream in(path);
  if (!in) return absl::UnavailableError(absl::StrCat("cannot read the anchors of the audit log: ", path));
  std::vector<AuditHead> anchors;
  std::string line;
  while (std::getline(in, line)) {
    const auto anchor = DecodeAnchor(line);
    if (anchor.ok()) anchors.push_back(*anchor);
  }
  if (in.bad()) return absl::UnavailableError(absl::StrCat("cannot read the anchors of the audit log: ", path));
  return anchors;
}

}  // namespace sabun
