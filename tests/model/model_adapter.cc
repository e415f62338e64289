#include "tests/model/model_adapter.h"

#include "absl/strings/str_cat.h"
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
