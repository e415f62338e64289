#include "adapters/cli/shapes.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"

namespace sabun::cli {
namespace {

Json CountsJson(const v1::SnapshotCounts& counts) {
  return {{"received", counts.received()},     {"unchanged", counts.unchanged()},
          {"added", counts.added()},           {"updated", counts.updated()},
          {"deleted", counts.deleted()},       {"cosmetic", counts.cosmetic()},
          {"invalid", counts.invalid()},       {"duplicate", counts.duplicate()},
          {"cancelled", counts.cancelled()},   {"delete_rows", counts.delete_rows()},
          {"unreadable", counts.unreadable()}, {"suspended_deletes", counts.suspended_deletes()}};
}

Json BooksJson(const v1::Books& books) {
  return {{"planned", books.planned()},      {"accepted", books.accepted()}, {"rejected", books.rejected()},
          {"unknown", books.unknown()},      {"pending", books.pending()},   {"in_flight", books.in_flight()},
          {"superseded", books.superseded()}};
}

}  // namespace

std::string StateName(v1::ChangeSetState state) {
  switch (state) {
    case v1::CHANGE_SET_STATE_READY:
      return "ready";
    case v1::CHANGE_SET_STATE_HELD:
      return "held";
    case v1::CHANGE_SET_STATE_EMPTY:
      return "empty";
    case v1::CHANGE_SET_STATE_DISCARDED:
      return "discarded";
    case v1::CHANGE_SET_STATE_REPLACED:
      return "replaced";
    default:
      return "unspecified";
  }
}

std::string StateName(v1::ChangeState state) {
  switch (state) {
    case v1::CHANGE_STATE_PENDING:
      return "pending";
    case v1::CHANGE_STATE_IN_FLIGHT:
      return "in_flight";
    case v1::CHANGE_STATE_ACCEPTED:
      return "accepted";
    case v1::CHANGE_STATE_REJECTED:
      return "rejected";
    case v1::CHANGE_STATE_UNKNOWN:
      return "unknown";
    case v1::CHANGE_STATE_SUPERSEDED:
      return "superseded";
    default:
      return "unspecified";
  }
}

std::string OpName(v1::ChangeOp op) {
  switch (op) {
    case v1::CHANGE_OP_ADD:
      return "add";
    case v1::CHANGE_OP_UPDATE:
      return "update";
    case v1::CHANGE_OP_DELETE:
      return "delete";
    default:
      return "unspecified";
  }
}

std::string KindName(v1::SnapshotKind kind) {
  if (kind == v1::SNAPSHOT_KIND_RESEND) return "resend";
  return kind == v1::SNAPSHOT_KIND_PARTIAL ? "partial" : "complete";
}

std::string StateLabel(const CommandContext& context, v1::ChangeSetState state) {
  switch (state) {
    case v1::CHANGE_SET_STATE_READY:
      return context.Say(text::kStateReady);
    case v1::CHANGE_SET_STATE_HELD:
      return context.Say(text::kStateHeld);
    case v1::CHANGE_SET_STATE_EMPTY:
      return context.Say(text::kStateEmpty);
    case v1::CHANGE_SET_STATE_DISCARDED:
      return context.Say(text::kStateDiscarded);
    case v1::CHANGE_SET_STATE_REPLACED:
      return context.Say(text::kStateReplaced);
    default:
      return StateName(state);
  }
}

std::string KindLabel(const CommandContext& context, v1::SnapshotKind kind) {
  if (kind == v1::SNAPSHOT_KIND_RESEND) return context.Say(text::kKindResend);
  return context.Say(kind == v1::SNAPSHOT_KIND_PARTIAL ? text::kKindPartial : text::kKindComplete);
}

std::string OpLabel(const CommandContext& context, v1::ChangeOp op) {
  if (op == v1::CHANGE_OP_ADD) return context.Say(text::kOpAdd);
  return context.Say(op == v1::CHANGE_OP_UPDATE ? text::kOpUpdate : text::kOpDelete);
}

std::string DigestText(const std::string& digest) { return absl::BytesToHexString(digest); }

Json HoldsJson(const v1::ChangeSet& change_set) {
  Json holds = Json::array();
  for (const v1::Hold& hold : change_set.holds()) {
    Json samples = Json::array();
    for (const std::string& sample : hold.samples()) samples.push_back(sample);
    holds.push_back({{"rule", hold.rule()},
                     {"limit", hold.limit()},
                     {"actual", hold.actual()},
                     {"limit_percent", hold.limit_percent()},
                     {"actual_percent", hold.actual_percent()},
                     {"samples", std::move(samples)}});
  }
  return holds;
}

Json ChangeSetJson(const v1::ChangeSet& change_set) {
  return {{"dataset", change_set.dataset()},
          {"change_set", change_set.number()},
          {"snapshot", change_set.snapshot_id()},
          {"kind", KindName(change_set.kind())},
          {"state", StateName(change_set.state())},
          {"digest", DigestText(change_set.digest())},
          {"counts", CountsJson(change_set.counts())},
          {"books", BooksJson(change_set.books())},
          {"holds", HoldsJson(change_set)},
          {"created_at", UtcTime(change_set.created_at())},
          {"decided_at", UtcTime(change_set.decided_at())},
          {"decided_by", change_set.decided_by()}};
}

std::string HoldText(const CommandContext& context, const v1::Hold& hold) {
  const Text* reason = &text::kHoldOther;
  if (hold.rule() == "deletes") reason = &text::kHoldDeletes;
  if (hold.rule() == "updates") reason = &text::kHoldUpdates;
  if (hold.rule() == "shrinking_source") reason = &text::kHoldShrinking;
  if (hold.rule() == "unreadable_key") reason = &text::kHoldUnreadable;
  if (hold.rule() == "resend") reason = &text::kHoldResend;
  std::string line = context.Say(*reason, {GroupDigits(static_cast<uint64_t>(hold.actual())), hold.rule()});
  if (hold.rule() != "unreadable_key" && hold.rule() != "resend") {
    line += context.Say(text::kHoldLimit, {GroupDigits(static_cast<uint64_t>(hold.limit()))});
    if (hold.limit_percent() > 0) {
      line += context.Say(text::kHoldPercent, {Percent(hold.limit_percent()), Percent(hold.actual_percent())});
    }
  }
  if (hold.samples_size() > 0) line += context.Say(text::kHoldSamples, {absl::StrJoin(hold.samples(), ", ")});
  return line;
}

std::vector<std::string> CountLines(const CommandContext& context, const v1::SnapshotCounts& counts) {
  struct Line {
    const Text& label;
    uint64_t count;
    bool always;
  };
  const Line lines[] = {{text::kReceived, counts.received(), true},
                        {text::kUnchanged, counts.unchanged(), true},
                        {text::kAdded, counts.added(), true},
                        {text::kUpdated, counts.updated(), true},
                        {text::kDeleted, counts.deleted(), true},
                        {text::kDeleteRows, counts.delete_rows(), false},
                        {text::kCosmetic, counts.cosmetic(), false},
                        {text::kInvalid, counts.invalid(), false},
                        {text::kDuplicate, counts.duplicate(), false},
                        {text::kSuspended, counts.suspended_deletes(), false},
                        {text::kCancelledOut, counts.cancelled(), false}};
  constexpr size_t kLabelWidth = 36;
  constexpr size_t kNumberWidth = 13;
  std::vector<std::string> out;
  for (const Line& line : lines) {
    if (!line.always && line.count == 0) continue;
    out.push_back(absl::StrCat("  ", PadRight(context.Say(line.label), kLabelWidth),
                               PadLeft(GroupDigits(line.count), kNumberWidth)));
  }
  return out;
}

std::string KeyText(const CommandContext& context, const v1::Dataset& dataset,
                    const google::protobuf::RepeatedPtrField<std::string>& key) {
  std::vector<std::string> parts;
  for (int i = 0; i < key.size(); ++i) {
    const bool known =
        i < dataset.key_fields_size() && dataset.key_fields(i) < static_cast<uint32_t>(dataset.fields_size());
    const bool hidden = known && dataset.fields(static_cast<int>(dataset.key_fields(i))).personal();
    parts.push_back(hidden ? context.Say(text::kPersonal) : key[i]);
  }
  return absl::StrJoin(parts, " / ");
}

void PrintNextSteps(const CommandContext& context, const std::vector<NextStep>& steps) {
  context.Print("");
  context.Print(context.Say(text::kNext));
  std::vector<std::vector<std::string>> rows;
  for (const NextStep& step : steps) {
    rows.push_back(
        {absl::StrCat("  ", context.Say(step.what)), step.command.empty() ? "" : context.CommandLine(step.command)});
  }
  for (const std::string& line : AlignColumns(rows)) context.Print(line);
}

}  // namespace sabun::cli
