#include "bench/rehearsal/changed_source.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "adapters/client/packing.h"
#include "bench/draws.h"
#include "engine/base/status_macros.h"
#include "engine/canonical/profile.h"

namespace sabun::bench {
namespace {

constexpr size_t kEntryBytes = 32;
constexpr size_t kKeyBytes = 16;
constexpr char kMark[] = "改";

bool TakesFreeText(const ProfileField& field) {
  return field.type == FieldType::kString && field.required && field.exact_length == 0 &&
         field.characters == CharacterClass::kText && field.check_digit == CheckDigitRule::kNone;
}

}  // namespace

absl::StatusOr<uint32_t> FieldToChange(absl::string_view profile_toml) {
  ASSIGN_OR_RETURN(const Profile profile, ParseProfile(profile_toml));
  for (uint32_t i = 0; i < profile.fields.size(); ++i) {
    const auto& keys = profile.key_fields;
    if (std::find(keys.begin(), keys.end(), i) == keys.end() && TakesFreeText(profile.fields[i])) return i;
  }
  return absl::InvalidArgumentError("the profile has no required field of free text that a later day could change");
}

absl::Status ChangedSource::Start(const v1::Begun& begun) {
  rows_ = 0;
  field_count_ = static_cast<size_t>(begun.fields_size());
  return source_.Start(begun);
}

uint32_t ChangedSource::VersionOf(uint64_t ordinal) const {
  uint32_t version = 0;
  for (uint32_t day = 1; day <= options_.day; ++day) {
    if (Mix(Mix(options_.seed, day), ordinal) < ShareThreshold(options_.share)) ++version;
  }
  return version;
}

absl::Status ChangedSource::ReadEntries(v1::Fingerprints* message) {
  if (rows_ == options_.max_rows) return absl::OkStatus();
  RETURN_IF_ERROR(source_.ReadEntries(message));
  std::string& entries = *message->mutable_entries();
  const uint64_t left = options_.max_rows - rows_;
  if (entries.size() / kEntryBytes > left) {
    entries.resize(left * kEntryBytes);
    const uint64_t end = options_.max_rows;
    auto* unreadable = message->mutable_unreadable();
    while (!unreadable->empty() && unreadable->rbegin()->ordinal() >= end) unreadable->RemoveLast();
  }
  for (size_t at = 0; at < entries.size(); at += kEntryBytes, ++rows_) {
    const uint32_t version = VersionOf(rows_);
    if (version == 0) continue;
    // Another fingerprint for each version, and never the row's own.
    const uint64_t other = Mix(version) | 1;
    for (size_t i = 0; i < sizeof(other); ++i) {
      entries[at + kKeyBytes + i] = static_cast<char>(entries[at + kKeyBytes + i] ^ (other >> (8 * i) & 0xFF));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> ChangedSource::ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) {
  ASSIGN_OR_RETURN(const size_t taken, source_.ReadRows(ordinals, message));
  std::string changed;
  RETURN_IF_ERROR(ChangeRows(message->rows(), &changed));
  message->set_rows(std::move(changed));
  return taken;
}

absl::Status ChangedSource::ChangeRows(const std::string& rows, std::string* changed) {
  absl::string_view rest = rows;
  while (!rest.empty()) {
    uint64_t ordinal = 0;
    if (!client::TakeVarint(&rest, &ordinal) || !client::TakePackedFields(&rest, field_count_, &values_)) {
      return absl::InternalError("the source packed a row in a wrong way");
    }
    const uint32_t version = VersionOf(ordinal);
    client::AppendVarint(ordinal, changed);
    for (size_t i = 0; i < values_.size(); ++i) {
      const bool mark = version > 0 && i == options_.field;
      client::AppendPackedField(mark ? absl::StrCat(values_[i], kMark, version) : std::string(values_[i]), changed);
    }
  }
  return absl::OkStatus();
}

double ChangedSource::Progress() const {
  if (options_.expected_rows == 0) return source_.Progress();
  return std::min(1.0, static_cast<double>(rows_) / static_cast<double>(options_.expected_rows));
}

}  // namespace sabun::bench
