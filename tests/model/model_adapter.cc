#include "tests/model/model_adapter.h"

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/record/packed_fields.h"

namespace sabun::model {

const char kModelProfile[] = R"(
[profile]
name = "model"
version = "1"
[record]
key = ["id"]
identity = ["myNumber"]
[[field]]
name = "id"
required = true
canonical = ["trim"]
[[field]]
name = "myNumber"
required = true
canonical = ["trim"]
[[field]]
name = "name"
required = true
canonical = ["trim", "nfc"]
)";

std::string PackedContent(const std::string& key, const Content& content, int padding) {
  std::string packed;
  AppendPackedFields({key, content.my_number, content.name + std::string(static_cast<size_t>(padding), ' ')}, &packed);
  return packed;
}

EntryMaker::EntryMaker(Dataset* dataset, const Snapshot& snapshot)
    : key_hash_(dataset->key_scheme(), snapshot.key_secret()),
      row_hash_(snapshot.fingerprint_scheme(), snapshot.fingerprint_secret()) {}

std::string EntryMaker::Make(const std::string& key, const std::string& raw) const {
  return absl::StrCat(key_hash_.Key(key).view(), row_hash_.Fingerprint(raw).view());
}

namespace {

constexpr uint64_t kRowsOfStretch = 3;

// The bytes of some rows, each a line.
std::string Lines(const std::vector<std::string>& raw_rows, uint64_t first, uint64_t end) {
  std::string lines;
  for (uint64_t row = first; row < end; ++row) absl::StrAppend(&lines, raw_rows[row], "\n");
  return lines;
}

}  // namespace

std::vector<RowMessage> MessagesOf(const std::vector<std::string>& raw_rows, const SnapshotStretches* stretches,
                                   const Snapshot& snapshot) {
  const KeyedHash hash(snapshot.fingerprint_scheme(), snapshot.fingerprint_secret());
  const std::string offer = stretches == nullptr ? "" : stretches->Offer(0, stretches->offered());
  constexpr size_t kBytes = SnapshotStretches::kOfferedBytes;
  const auto known_at = [&](uint64_t first, uint64_t* end) -> uint32_t {
    for (size_t at = 0; at < offer.size(); at += kBytes) {
      const uint64_t rows = static_cast<unsigned char>(offer[at + kBytes - 1]);
      if (rows == 0 || first + rows > raw_rows.size()) continue;
      const std::string lines = Lines(raw_rows, first, first + rows);
      if (hash.Fingerprint(lines).view() != absl::string_view(offer).substr(at, 16)) continue;
      *end = first + rows;
      return static_cast<uint32_t>(at / kBytes) + 1;
    }
    return 0;
  };
  std::vector<RowMessage> messages;
  bool may_grow = false;  // the last one, by another row
  for (uint64_t row = 0; row < raw_rows.size();) {
    uint64_t end = row + 1;
    const uint32_t number = known_at(row, &end);
    if (number == 0 && may_grow && messages.back().end - messages.back().first < kRowsOfStretch) {
      messages.back().end = end;
    } else {
      messages.push_back({row, end, number, ""});
    }
    may_grow = stretches != nullptr && number == 0;
    row = end;
  }
  for (RowMessage& message : messages) {
    if (stretches == nullptr || message.claimed != 0) continue;
    const std::string lines = Lines(raw_rows, message.first, message.end);
    message.formed =
        absl::StrCat(hash.Fingerprint(lines).view(), hash.Fingerprint(raw_rows[message.first]).view().substr(0, 4));
    AppendBig32(static_cast<uint32_t>(lines.size() << 8 | (message.end - message.first)), &message.formed);
  }
  return messages;
}

absl::Status Send(const RowMessage& message, absl::string_view entries, const std::vector<uint64_t>& unreadable,
                  const std::vector<uint64_t>& deletes, Snapshot* snapshot) {
  const std::vector<uint64_t> first = {message.first};
  const std::vector<uint32_t> number = {message.claimed};
  StretchBlock stretches;
  if (message.claimed != 0) {
    stretches.claimed_ordinals = first;
    stretches.claimed = number;
  } else if (!message.formed.empty()) {
    stretches.formed_ordinals = first;
    stretches.formed = message.formed;
  }
  return snapshot->AddFingerprints({message.first, entries, unreadable, deletes, {}, message.end}, stretches);
}

std::string ClaimsDigest(const std::vector<RowMessage>& messages) {
  std::string told;
  for (const RowMessage& message : messages) {
    if (message.claimed == 0) continue;
    AppendBig64(message.first, &told);
    AppendBig32(message.claimed, &told);
  }
  if (told.empty()) return "";
  StreamDigest digest;
  digest.Update(told);
  return digest.Value();
}

std::vector<ItemReceipt> HandToHub(const OutgoingBatch& batch, Dataset* dataset, bool is_repeat, ModelHub* hub) {
  std::vector<ItemReceipt> receipts;
  for (const OutgoingItem& item : batch.items) {
    const std::vector<std::string> values = Dataset::Values(*dataset->rules(), item.canonical);
    const bool accepted = hub->Apply(values[0], item.op, {values[1], values[2]}, is_repeat);
    const bool doubtful = is_repeat && !accepted && hub->may_change_rules;
    if (doubtful) hub->in_doubt.insert(values[0]);
    receipts.push_back({item.item, accepted, accepted ? "" : "E1001", "", doubtful});
  }
  return receipts;
}

}  // namespace sabun::model
