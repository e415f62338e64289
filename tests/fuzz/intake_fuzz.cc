// The conversation of a snapshot with its messages in any order and of any content, one or two snapshots, breaks in
// between: every call answers with a status, a sealed change set's counts balance, and the ledger verifies in the end.
#include <memory>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/engine.h"
#include "engine/ledger/verify.h"
#include "engine/record/packed_fields.h"
#include "engine/snapshot.h"
#include "engine/store/store.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/two_fields.h"

namespace {

using namespace sabun;
using sabun::fuzz::FuzzInput;
using sabun::fuzz::Require;

// One adapter that says what the input says. It knows the secrets, so that its rows may be sound.
class Conversation {
 public:
  explicit Conversation(Engine* engine) : dataset_(*engine->Find(kTwoFieldDataset)) {}
  ~Conversation() { Leave(false); }

  void Step(FuzzInput* input) {
    const uint8_t choice = input->Byte() % 8;
    if (choice == 0 || snapshot_ == nullptr) return Begin(input->Byte());
    absl::Status status;
    if (choice <= 2) status = Fingerprints(input);
    if (choice == 3) status = End(input->Byte());
    if (choice == 4) status = Records(input);
    if (choice == 5) status = snapshot_->NextNeeded(1 + input->Byte() % 4).status();
    if (choice == 6) status = Commit();
    if (choice == 7) Leave(false);
    if (!status.ok()) Leave(true);
  }

 private:
  void Begin(uint8_t choice) {
    Leave(false);
    SnapshotRequest request;
    request.kind = choice % 2 == 0 ? SnapshotKind::kComplete : SnapshotKind::kPartial;
    request.one_pass = choice % 8 == 3;
    request.uses_stretches = choice >= 128 && request.kind == SnapshotKind::kComplete;
    request.snapshot_id = std::string(1, static_cast<char>('a' + choice % 3));
    if (const auto done = dataset_->change_sets().FindSnapshot(request.snapshot_id); !done.ok() || done->has_value())
      return;
    auto snapshot = dataset_->Attach(request);
    if (!snapshot.ok()) return;
    snapshot_ = *std::move(snapshot);
  }

  absl::Status Fingerprints(FuzzInput* input) {
    std::string entries, rows;
    std::vector<uint64_t> unreadable, deletes;
    const uint64_t first = snapshot_->next_ordinal();
    for (uint8_t count = input->Byte() % 12; count > 0; --count) {
      const uint8_t id = input->Byte();
      const uint64_t ordinal = first + entries.size() / 32;
      if (id >= 250) unreadable.push_back(ordinal);
      if (id >= 246 && id < 250) deletes.push_back(ordinal);
      const std::string text(1, static_cast<char>('A' + id % 40));
      entries += TwoFieldEntry(snapshot_->key_secret(), snapshot_->fingerprint_secret(), text,
                               std::string(1, static_cast<char>(id / 80)));
      AppendPackedFields(std::vector<std::string>{text, std::string(id % 7, 'n')}, &rows);
    }
    const uint8_t twist = input->Byte();
    if (twist == 255) entries += "x";
    if (twist == 254) unreadable.push_back(0);
    ASSIGN_OR_RETURN(const SnapshotStretches* const stretches, snapshot_->Stretches());
    if (stretches == nullptr) {
      RETURN_IF_ERROR(snapshot_->AddFingerprints({first + (twist == 253), entries, unreadable, deletes}));
    } else {
      RETURN_IF_ERROR(InStretches(input, *stretches, {first, entries, unreadable, deletes}));
    }
    digest_input_ += entries;
    if (!snapshot_->request().one_pass) return absl::OkStatus();
    return snapshot_->AddContents(entries, twist == 252 ? absl::string_view("?") : absl::string_view(rows));
  }

  // All rows of the block formed into one, or a stretch claimed behind them; or what is neither.
  absl::Status InStretches(FuzzInput* input, const SnapshotStretches& stretches, FingerprintBlock block) {
    const uint8_t choice = input->Byte();
    const uint64_t rows = block.entries.size() / 32;
    std::vector<uint64_t> ordinals = {block.first_ordinal + (choice < 128 ? rows : 0)};
    const std::vector<uint32_t> numbers = {choice % 16u};
    block.end_ordinal = ordinals[0] + choice / 16;
    std::string claims_input;
    if (choice < 128) {
      const uint32_t number = numbers[0];
      const bool offered = number > 0 && number <= stretches.offered();
      const uint64_t claimed = offered ? static_cast<unsigned char>(stretches.Offer(number - 1, number).back()) : 1;
      block.end_ordinal = ordinals[0] + claimed;
      AppendBig64(ordinals[0], &claims_input);
      AppendBig32(number, &claims_input);
      RETURN_IF_ERROR(snapshot_->AddFingerprints(block, {ordinals, numbers, {}, {}}));
      claims_input_ += claims_input;
      return absl::OkStatus();
    }
    std::string formed(20, static_cast<char>(choice));
    AppendBig32(static_cast<uint32_t>(100 << 8 | (choice < 250 ? rows : choice)), &formed);
    if (choice == 255) formed = std::string(input->Piece(50));
    return snapshot_->AddFingerprints(block, {{}, {}, ordinals, formed});
  }

  absl::Status End(uint8_t twist) {
    StreamDigest digest;
    digest.Update(digest_input_);
    std::vector<RowFinding> findings;
    StreamDigest claims;
    claims.Update(claims_input_);
    RETURN_IF_ERROR(snapshot_->End(snapshot_->next_ordinal() + (twist == 255), twist == 254 ? "?" : digest.Value(),
                                   &findings, claims_input_.empty() ? "" : claims.Value()));
    if (!snapshot_->request().one_pass) return absl::OkStatus();
    RETURN_IF_ERROR(snapshot_->TakeKeptRows());
    return snapshot_->FinishWork();
  }

  absl::Status Records(FuzzInput* input) {
    ASSIGN_OR_RETURN(const std::vector<uint64_t> needed, snapshot_->NextNeeded(8));
    std::string rows;
    std::vector<uint64_t> failed;
    for (const uint64_t ordinal : needed) {
      const uint8_t id = input->Byte();
      if (id == 255) {
        failed.push_back(ordinal);
        continue;
      }
      AppendVarint(ordinal, &rows);
      AppendPackedFields(
          std::vector<std::string>{std::string(1, static_cast<char>('A' + id % 40)), std::string(id % 7, 'n')}, &rows);
    }
    if (input->Byte() == 255) rows += std::string(input->Piece(20));
    RETURN_IF_ERROR(snapshot_->TakeRecords(std::move(rows), failed));
    return snapshot_->FinishWork();
  }

  absl::Status Commit() {
    RETURN_IF_ERROR(snapshot_->FinishWork());
    ASSIGN_OR_RETURN(const ChangeSetInfo info, snapshot_->Commit());
    Require(info.counts.Balance(), "what was received is what was counted");
    Leave(true);
    return absl::OkStatus();
  }

  void Leave(bool done) {
    if (snapshot_ != nullptr) dataset_->Detach(snapshot_, done);
    snapshot_ = nullptr;
    digest_input_.clear();
    claims_input_.clear();
  }

  std::shared_ptr<Dataset> dataset_;
  std::shared_ptr<Snapshot> snapshot_;
  std::string digest_input_, claims_input_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::unique_ptr<Store> store = NewMemoryStore();
  ManualClock clock;
  EngineOptions options;
  options.spool_directory = "/dev/shm";
  options.threads = 0;
  options.row_memory_bytes = options.delta_memory_bytes = 1 << 16;
  options.fewest_rows_of_stretch = 1;
  options.ledger.atomic_limit = 3;  // more changes make pages
  const auto engine = *Engine::Open(store.get(), &clock, options);
  bool created = false;
  Require(engine->CreateDataset(kTwoFieldDataset, kTwoFieldProfile, {}, &created).ok(), "a dataset is made");
  FuzzInput input(data, size);
  {
    Conversation one(engine.get()), other(engine.get());
    while (!input.empty()) (input.Byte() % 4 == 3 ? other : one).Step(&input);
  }
  const auto dataset = *engine->Find(kTwoFieldDataset);
  const auto findings = VerifyLedger(&dataset->ledger());
  for (const VerifyFinding& finding : findings) Require(finding.problem.empty(), "the ledger is sound");
  return 0;
}
