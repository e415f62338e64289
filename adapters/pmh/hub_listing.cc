#include "adapters/pmh/hub_listing.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/packing.h"
#include "adapters/client/status_macros.h"

namespace sabun {
namespace {

constexpr size_t kEntryBytes = 2 * sizeof(client::Hash128);
constexpr size_t kMessageBytes = 1 << 20;

absl::Status ListingError(absl::string_view what) {
  return client::LocalizedError(absl::StatusCode::kUnavailable,
                                {"HUB-LISTING", absl::StrCat("登録先の一覧を読めませんでした (", what, ")。"),
                                 absl::StrCat("the hub's list could not be read (", what, ").")});
}

}  // namespace

absl::StatusOr<std::unique_ptr<HubListing>> HubListing::Open(const HubProfile& profile, absl::string_view hub_url,
                                                             Timeline& time) {
  if (profile.listing.path.empty()) {
    return client::LocalizedError(
        absl::StatusCode::kFailedPrecondition,
        {"NO-LISTING",
         "このプロファイルの登録先には一覧の呼び出しがありません([hub.listing]のpath)。sabun "
         "resendで範囲を指定して送り直せます。",
         "the profile's hub has no listing call ([hub.listing] path); a chosen range can be sent again with sabun "
         "resend."});
  }
  return absl::WrapUnique(new HubListing(profile, hub_url, time));
}

absl::Status HubListing::Start(const v1::Begun& begun) {
  ASSIGN_OR_RETURN(client::KeyedHash hash, client::KeyedHash::Create(begun.key_scheme(), begun.key_secret()));
  key_hash_.emplace(std::move(hash));
  key_fields_.assign(begun.key_fields().begin(), begun.key_fields().end());
  if (static_cast<size_t>(begun.fields_size()) != profile_.fields.size()) {
    return absl::AbortedError("the dataset has another profile than the one that was read; begin again");
  }
  next_ordinal_ = 0;
  cursor_.clear();
  at_end_ = false;
  page_ = {};
  next_record_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<ListingPage> HubListing::FetchPage() {
  Backoff backoff(profile_.retry.first_wait, profile_.retry.growth, profile_.retry.max_wait, profile_.retry.jitter);
  for (int attempt = 1;; ++attempt) {
    time_.Wait(rate_.Reserve(time_.Now()), {});
    ListingPage page = hub_.List(cursor_);
    if (page.verdict == HubVerdict::kDone) return page;
    const bool passes = page.verdict == HubVerdict::kNotApplied || page.verdict == HubVerdict::kUnknown;
    if (!passes || attempt >= profile_.retry.max_attempts) return ListingError(page.code);
    time_.Wait(std::max(backoff.Next(), page.retry_after.value_or(absl::ZeroDuration())), {});
  }
}

absl::Status HubListing::ReadEntries(v1::Fingerprints* message) {
  message->set_first_ordinal(next_ordinal_);
  // A page may be empty before the last one.
  while (next_record_ == page_.records.size()) {
    if (at_end_) return absl::OkStatus();
    ASSIGN_OR_RETURN(page_, FetchPage());
    next_record_ = 0;
    at_end_ = page_.next.empty();
    if (!at_end_ && page_.next == cursor_) return ListingError("SAME-PAGE");
    cursor_ = page_.next;
  }
  while (next_record_ < page_.records.size() && message->entries().size() < kMaxEntries * kEntryBytes &&
         message->rows().size() < kMessageBytes) {
    AppendRow(page_.records[next_record_++], message);
  }
  return absl::OkStatus();
}

// Fingerprints are only there to differ from those of the source's rows: every record is compared by its content.
void HubListing::AppendRow(const std::vector<std::string>& values, v1::Fingerprints* message) {
  const uint64_t ordinal = next_ordinal_++;
  std::vector<absl::string_view> key;
  for (const uint32_t field : key_fields_) key.push_back(client::TrimKeyValue(values[field]));
  std::string input, packed;
  if (client::BuildKeyInput(key, &input)) {
    const client::Hash128 hash = (*key_hash_)(input);
    message->mutable_entries()->append(hash.data(), hash.size()).append(hash.data(), hash.size());
    for (const std::string& value : values) client::AppendPackedField(value, &packed);
  } else {
    message->mutable_entries()->append(kEntryBytes, '\0');
    v1::RowError* const error = message->add_unreadable();
    error->set_ordinal(ordinal);
    error->set_code("KEY-UNREADABLE");
    error->set_message_ja("登録先の一覧の記録に、キーの項目がありません。");
    error->set_message_en("a record of the hub's list has no key.");
  }
  client::AppendVarint(packed.size(), message->mutable_rows());
  message->mutable_rows()->append(packed);
}

absl::StatusOr<size_t> HubListing::ReadRows(absl::Span<const uint64_t>, v1::Records*) {
  return absl::InternalError("a list that is read once was asked for its rows");
}

}  // namespace sabun
