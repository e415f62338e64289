#include "engine/ledger/sent_journal.h"

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/fingerprint/keyed_hash.h"

namespace sabun {
namespace {

constexpr char kSent = 'S', kReceipts = 'R';
constexpr uint8_t kFirstHalf = 0x80, kDoubtful = 0x40;
enum Outcome : uint8_t { kRejected = 0, kAccepted = 1, kRejectedInDoubt = 2 };

absl::Status Damaged() { return absl::DataLossError("journal: a record cannot be taken apart"); }

}  // namespace

uint64_t BaseOf(const std::optional<std::string>& canonical) {
  if (!canonical) return 0;
  StreamDigest digest;
  digest.Update(*canonical);
  return LoadBig64(digest.Value().data()) | 1;
}

std::string EncodeNote(const SentBatchNote& note) {
  std::string out(1, kSent), item;
  AppendVarint(note.dataset, &out);
  AppendVarint(note.batch, &out);
  AppendVarint(note.newest_change_set, &out);
  for (const SentNote& sent : note.items) {
    item.assign(sent.key.view().data(), sent.key.view().size());
    item.push_back(static_cast<char>(static_cast<uint8_t>(sent.op) | (sent.wanted ? kFirstHalf : 0) |
                                     (sent.doubtful ? kDoubtful : 0)));
    AppendBig64(sent.base, &item);
    AppendSized(sent.content, &item);
    if (sent.wanted) item += *sent.wanted;
    AppendSized(item, &out);
  }
  return out;
}

std::string EncodeNote(const ReceiptsNote& note) {
  std::string out(1, kReceipts), item;
  AppendVarint(note.dataset, &out);
  AppendVarint(note.batch, &out);
  AppendVarint(0, &out);
  for (const ReceiptNote& receipt : note.items) {
    item.assign(receipt.key.view().data(), receipt.key.view().size());
    item.push_back(static_cast<char>(receipt.accepted ? kAccepted : receipt.doubtful ? kRejectedInDoubt : kRejected));
    if (!receipt.accepted) {
      AppendSized(receipt.code, &item);
      item += receipt.message;
    }
    AppendSized(item, &out);
  }
  return out;
}

absl::StatusOr<std::vector<NotedItem>> ListItems(absl::string_view record) {
  const char* const begin = record.data();
  uint64_t dataset = 0;
  NotedItem item;
  if (record.empty() || (record[0] != kSent && record[0] != kReceipts)) return Damaged();
  item.sent = record[0] == kSent;
  record.remove_prefix(1);
  if (!TakeVarint(&record, &dataset) || !TakeVarint(&record, &item.batch) ||
      !TakeVarint(&record, &item.newest_change_set)) {
    return Damaged();
  }
  item.dataset = static_cast<uint32_t>(dataset);
  std::vector<NotedItem> items;
  while (!record.empty()) {
    absl::string_view bytes;
    if (!TakeSized(&record, &bytes) || bytes.size() < 17) return Damaged();
    item.key = Key128::From(bytes.data());
    item.at = static_cast<size_t>(bytes.data() - begin);
    item.size = bytes.size();
    items.push_back(item);
  }
  return items;
}

absl::StatusOr<SentNote> DecodeSent(absl::string_view item) {
  SentNote sent;
  if (item.size() < 25) return Damaged();
  sent.key = Key128::From(item.data());
  const auto flags = static_cast<uint8_t>(item[16]);
  const uint8_t op = flags & static_cast<uint8_t>(~(kFirstHalf | kDoubtful));
  sent.doubtful = (flags & kDoubtful) != 0;
  if (op < 1 || op > 3) return Damaged();
  sent.op = static_cast<ChangeOp>(op);
  sent.base = LoadBig64(item.data() + 17);
  item.remove_prefix(25);
  absl::string_view content;
  if (!TakeSized(&item, &content)) return Damaged();
  sent.content = std::string(content);
  if (flags & kFirstHalf) {
    sent.wanted = std::string(item);
  } else if (!item.empty()) {
    return Damaged();
  }
  return sent;
}

absl::StatusOr<ReceiptNote> DecodeReceipt(absl::string_view item) {
  ReceiptNote receipt;
  if (item.size() < 17) return Damaged();
  receipt.key = Key128::From(item.data());
  const auto outcome = static_cast<uint8_t>(item[16]);
  if (outcome > kRejectedInDoubt) return Damaged();
  receipt.accepted = outcome == kAccepted;
  receipt.doubtful = outcome == kRejectedInDoubt;
  item.remove_prefix(17);
  if (receipt.accepted) return receipt;
  absl::string_view code;
  if (!TakeSized(&item, &code)) return Damaged();
  receipt.code = std::string(code);
  receipt.message = std::string(item);
  return receipt;
}

}  // namespace sabun
