#include "engine/erasures.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "engine/base/commit_point.h"
#include "engine/base/disk_file.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/canonical/text_rules.h"
#include "engine/store/layout.h"
#include "keys/ring_file.h"

namespace sabun {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostKeys = 100'000, kChangeSetsAtOnce = 100;

std::string DigestOf(const std::string& text) {
  Sha256 digest;
  digest.Update(text);
  return absl::BytesToHexString(digest.Finish());
}

// An order whose contents are deleted, until its certificate is kept.
std::string NoteRow() { return layout::Tagged(0, 'e'); }
std::string EncodeNote(const Json& order, const Json& erased) {
  return Json{{"order", order}, {"erased", erased}}.dump();
}

// Durable under the next free number; the path.
absl::StatusOr<std::string> KeepCertificate(const std::string& data_directory, const std::string& text) {
  const std::string folder = data_directory + "/certificates";
  RETURN_IF_ERROR(MakeFolder(folder));
  for (int number = 1;; ++number) {
    const std::string path = absl::StrFormat("%s/%06d.json", folder, number);
    ASSIGN_OR_RETURN(const bool is_taken, FileExists(path));
    if (is_taken) continue;
    RETURN_IF_ERROR(WriteRingFile(path, text));
    return path;
  }
}

}  // namespace

struct Erasures::Destroyed {
  uint32_t epoch = 0;  // that every file is under
  std::vector<uint32_t> epochs;
  std::vector<std::string> stale_copies;
};

// What the certificate will say of the order (`order`) and of what was deleted (`erased`).
struct Erasures::Note {
  Json order, erased;
};

absl::StatusOr<std::vector<Key128>> Erasures::KeysOf(Dataset& dataset, const ErasureOrder& order) {
  if (order.keys.empty() || order.keys.size() > kMostKeys) {
    return absl::InvalidArgumentError(absl::StrCat("an order names 1 to ", kMostKeys, " records"));
  }
  const std::shared_ptr<const Rules> rules = dataset.rules();
  const KeyedHash hash(dataset.key_scheme(), DeriveSecret(dataset.row().secret, {"key"}));
  std::vector<Key128> keys;
  for (const std::vector<std::string>& values : order.keys) {
    if (values.size() != rules->profile.key_fields.size()) {
      return absl::InvalidArgumentError(absl::StrCat("record ", keys.size() + 1, " of the order has ", values.size(),
                                                     " key values instead of ", rules->profile.key_fields.size()));
    }
    // As the profile's only rule for key fields has it.
    std::vector<absl::string_view> trimmed;
    for (const std::string& value : values) trimmed.push_back(TrimText(value));
    keys.push_back(hash.Key(KeyInput(trimmed)));
  }
  return keys;
}

absl::Status Erasures::TakeTurn(absl::string_view ordered_by, absl::string_view reason) {
  if (ordered_by.empty() || reason.empty()) {
    return absl::InvalidArgumentError("an order says who gave it, and why");
  }
  if (engine_->options().keys == nullptr) return absl::FailedPreconditionError("this store has no key ring");
  MutexLock lock(&mutex_);
  if (std::exchange(busy_, true)) return absl::FailedPreconditionError("another order is being carried out");
  return absl::OkStatus();
}

void Erasures::EndTurn() {
  MutexLock lock(&mutex_);
  busy_ = false;
}

absl::StatusOr<std::optional<Erasures::Note>> Erasures::ReadNote() {
  ASSIGN_OR_RETURN(const auto row, engine_->store()->Get(Family::kCatalog, NoteRow()));
  if (!row) return std::optional<Note>();
  const Json json = Json::parse(*row, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("order") || !json.contains("erased")) {
    return absl::DataLossError("catalog: the note of an erasure is damaged");
  }
  return std::optional<Note>({json["order"], json["erased"]});
}

absl::StatusOr<std::optional<std::string>> Erasures::FinishBefore(const std::string& order) {
  ASSIGN_OR_RETURN(const std::optional<Note> note, ReadNote());
  if (!note) return std::optional<std::string>();
  ASSIGN_OR_RETURN(std::string certificate, Complete(*note));
  return note->order.dump() == order ? std::optional<std::string>(std::move(certificate)) : std::nullopt;
}

absl::StatusOr<Erasures::Destroyed> Erasures::RewriteAndDestroy() {
  KeyRing* const keys = engine_->options().keys.get();
  Journal* const journal = engine_->options().ledger.journal;
  Destroyed destroyed;
  ASSIGN_OR_RETURN(destroyed.epoch, keys->BeginEpoch(absl::ToUnixSeconds(engine_->clock()->Now())));
  uint64_t segment = 0;
  if (journal != nullptr && journal->IsOn()) {
    ASSIGN_OR_RETURN(segment, journal->BeginSegment());
  }
  BeforeCommit("files_rewritten");
  RETURN_IF_ERROR(engine_->store()->RewriteFiles());
  AfterCommit("files_rewritten");
  ASSIGN_OR_RETURN(destroyed.epochs, keys->DestroyBefore(destroyed.epoch));
  destroyed.stale_copies = keys->stale_copies();
  // It was for backups that nobody can read now.
  if (segment != 0) RETURN_IF_ERROR(journal->DropBefore(segment));
  return destroyed;
}

absl::StatusOr<std::string> Erasures::Certify(const Note& note, const Destroyed& destroyed) {
  const KeyRing& keys = *engine_->options().keys;
  Json certificate = {{"title", "消去証明書 / certificate of erasure"},
                      {"id", absl::BytesToHexString(RandomBytes(8))},
                      {"erased_at", absl::FormatTime(absl::RFC3339_sec, engine_->clock()->Now(), absl::UTCTimeZone())},
                      {"engine_version", engine_->options().version}};
  certificate.update(note.order);
  certificate.update(note.erased);
  certificate.update(Json{
      {"all_files_under_epoch", destroyed.epoch},
      {"epochs_destroyed", destroyed.epochs},
      {"key_id", keys.key_id()},
      {"key_ring_copies_not_updated", destroyed.stale_copies},
      {"complete", destroyed.stale_copies.empty()},
      {"remains",
       "Backups from before this moment cannot be read with this key ring. A copy of the key ring that was taken "
       "out of its places by other means still opens them with the key named above: destroy such copies, or exchange "
       "the key (sabun key rewrap) and destroy the old one."}});
  const std::string text = Json{{"certificate", certificate}, {"sha256", DigestOf(certificate.dump())}}.dump(1) + "\n";
  RETURN_IF_ERROR(KeepCertificate(engine_->options().data_directory, text).status());
  return text;
}

// Killed after the certificate is kept and before the note goes, it does all once more, and certifies it once more.
absl::StatusOr<std::string> Erasures::Complete(const Note& note) {
  ASSIGN_OR_RETURN(const Destroyed destroyed, RewriteAndDestroy());
  ASSIGN_OR_RETURN(std::string certificate, Certify(note, destroyed));
  Batch batch;
  batch.Delete(Family::kCatalog, NoteRow());
  BeforeCommit("erasure_ended");
  RETURN_IF_ERROR(engine_->store()->Commit(batch, Durability::kSynced));
  AfterCommit("erasure_ended");
  return certificate;
}

absl::StatusOr<std::string> Erasures::Erase(const ErasureOrder& order, Pace* pace) {
  RETURN_IF_ERROR(TakeTurn(order.ordered_by, order.reason));
  const auto end = absl::MakeCleanup([this] { EndTurn(); });
  ASSIGN_OR_RETURN(const std::shared_ptr<Dataset> dataset, engine_->Find(order.dataset));
  ASSIGN_OR_RETURN(std::vector<Key128> keys, KeysOf(*dataset, order));
  const Json said = {{"dataset", order.dataset},
                     {"ordered_by", order.ordered_by},
                     {"reason", order.reason},
                     {"records", order.keys.size()}};
  ASSIGN_OR_RETURN(std::optional<std::string> before, FinishBefore(said.dump()));
  LedgerErasure erasure(&dataset->ledger());
  ASSIGN_OR_RETURN(const ErasedBodies erased, erasure.EraseRecords(std::move(keys), pace));
  // The same order again, after it was interrupted: it is done, unless its keys are others.
  if (before && erased.bodies == 0) return *std::move(before);
  const Note note{said, {{"stored_changes_erased", erased.bodies}, {"change_sets_touched", erased.change_sets}}};
  Batch batch;
  batch.Put(Family::kCatalog, NoteRow(), EncodeNote(note.order, note.erased));
  BeforeCommit("erasure_noted");
  RETURN_IF_ERROR(engine_->store()->Commit(batch, Durability::kSynced));
  AfterCommit("erasure_noted");
  return Complete(note);
}

absl::StatusOr<std::string> Erasures::EraseOrganization(const OrganizationOrder& order) {
  RETURN_IF_ERROR(TakeTurn(order.ordered_by, order.reason));
  const auto end = absl::MakeCleanup([this] { EndTurn(); });
  const Json said = {{"organization", order.organization}, {"ordered_by", order.ordered_by}, {"reason", order.reason}};
  ASSIGN_OR_RETURN(std::optional<std::string> before, FinishBefore(said.dump()));
  if (before && !engine_->HasOrganization(order.organization)) return *std::move(before);
  Note note{said, {}};
  RETURN_IF_ERROR(engine_
                      ->RemoveOrganization(order.organization,
                                           [&note](const Engine::Removed& removed, Batch* batch) {
                                             note.erased = {{"datasets", removed.datasets},
                                                            {"records_erased", removed.records},
                                                            {"accepted_by_hub", removed.accepted_records},
                                                            {"unsettled", removed.unsettled_records}};
                                             batch->Put(Family::kCatalog, NoteRow(),
                                                        EncodeNote(note.order, note.erased));
                                           })
                      .status());
  return Complete(note);
}

absl::StatusOr<bool> Erasures::Finish() {
  if (engine_->options().keys == nullptr) return false;
  {
    MutexLock lock(&mutex_);
    if (std::exchange(busy_, true)) return false;
  }
  const auto end = absl::MakeCleanup([this] { EndTurn(); });
  ASSIGN_OR_RETURN(const std::optional<Note> note, ReadNote());
  if (note) RETURN_IF_ERROR(Complete(*note).status());
  return note.has_value();
}

absl::StatusOr<uint64_t> ApplyRetention(Engine* engine) {
  uint64_t bodies = 0;
  Pace pace;
  for (const auto& dataset : engine->List("", Engine::kMostDatasets)) {
    const uint32_t days = dataset->row().retention_days;
    if (days == 0) continue;
    LedgerErasure erasure(&dataset->ledger());
    const int64_t before = absl::ToUnixSeconds(engine->clock()->Now() - absl::Hours(24) * days);
    ASSIGN_OR_RETURN(const ErasedBodies erased, erasure.EraseSettledBefore(before, kChangeSetsAtOnce, &pace));
    bodies += erased.bodies;
  }
  return bodies;
}

}  // namespace sabun
