#include "bench/day_model.h"

#include <cstddef>

#include "bench/draws.h"

namespace sabun::bench {
namespace {

enum Purpose : uint64_t { kEventPurpose = 1, kPersonPurpose = 2 };

// Shares of what happens, in 100.
constexpr uint32_t kAdditions = 20;
constexpr uint32_t kUpdates = 60;
constexpr uint32_t kWithdrawals = 15;

// Slots are dealt to people in blocks, so that the person of a slot is found without looking at the slots before it.
// Each line says how many consecutive slots each person of a block has.
constexpr int kBlock = 12;
constexpr int kPatterns = 8;
constexpr uint8_t kPeople[kPatterns][kBlock] = {
    {1, 1, 2, 1, 1, 3, 1, 2},       {4, 1, 1, 1, 2, 1, 1, 1},    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
    {2, 2, 1, 3, 1, 1, 1, 1},       {1, 3, 1, 1, 2, 1, 1, 1, 1}, {3, 4, 1, 1, 2, 1},
    {1, 1, 1, 2, 1, 1, 1, 1, 2, 1}, {2, 1, 1, 1, 4, 1, 1, 1}};

void Update(Draws* draws, Record* record) {
  // The commonest causes first: renewed or ended, moved, income, copayment, name, and rarely another My Number.
  static constexpr struct {
    uint32_t percent;
    Aspect aspect;
  } kCauses[] = {
      {40, kEndVersion}, {65, kAddressVersion}, {84, kIncomeVersion}, {92, kCopaymentVersion}, {99, kSurnameVersion}};
  const uint32_t cause = draws->Below(100);
  for (const auto& [percent, aspect] : kCauses) {
    if (cause >= percent) continue;
    ++record->versions[aspect];
    record->event = Event::kUpdated;
    return;
  }
  ++record->versions[kMyNumberVersion];
  record->event = Event::kReissued;
}

// Applies what happened to a record on one day. An addition concerns the slot, not the record.
void Happen(uint64_t detail, Record* record) {
  Draws draws(detail);
  const uint32_t kind = draws.Below(100);
  if (kind < kAdditions) return;
  if (!record->present) {
    if (kind < kAdditions + kUpdates && draws.Percent(10)) {
      record->present = true;
      record->event = Event::kAdded;
    }
    return;
  }
  if (kind < kAdditions + kUpdates) {
    Update(&draws, record);
  } else if (kind < kAdditions + kUpdates + kWithdrawals) {
    record->present = false;
    record->event = Event::kWithdrawn;
  } else {
    ++record->versions[kPaddingVersion];
    record->event = Event::kCosmetic;
  }
}

bool IsAddition(uint64_t detail) { return Draws(detail).Below(100) < kAdditions; }

}  // namespace

DayModel::DayModel(uint64_t seed, uint32_t day, double change_rate)
    : seed_(seed), day_(day), threshold_(ShareThreshold(change_rate)) {}

bool DayModel::Draw(uint64_t stream, uint32_t day, uint64_t* detail) const {
  const uint64_t hash = Mix(stream + day * 0x9E3779B97F4A7C15u);
  if (hash >= threshold_) return false;
  *detail = Mix(hash, kEventPurpose);
  return true;
}

Record DayModel::BaseRecord(uint64_t slot) const {
  const uint64_t block = slot / kBlock;
  const uint8_t* people = kPeople[Mix(seed_ + block, kPersonPurpose) % kPatterns];
  uint32_t first = 0;
  const uint32_t place = static_cast<uint32_t>(slot % kBlock);
  while (first + *people <= place) first += *people++;
  Record record;
  record.slot = slot;
  record.person = (block * kBlock + first) * (kMaxDay + 1);
  record.history = place - first;
  record.histories = *people;
  record.event = day_ == 0 ? Event::kAdded : Event::kNone;
  return record;
}

void DayModel::LiveOn(uint64_t stream, uint32_t from_day, Record* record) const {
  uint64_t detail;
  for (uint32_t day = from_day; day <= day_; ++day) {
    record->event = Event::kNone;
    if (Draw(stream, day, &detail)) Happen(detail, record);
  }
}

void DayModel::SlotRecords(uint64_t slot, std::vector<Record>* records) const {
  records->assign(1, Record());
  Record base = BaseRecord(slot);
  const uint64_t stream = Mix(seed_, slot * (kMaxDay + 1));
  uint64_t detail;
  for (uint32_t day = 1; day <= day_; ++day) {
    base.event = Event::kNone;
    if (!Draw(stream, day, &detail)) continue;
    Happen(detail, &base);
    if (!IsAddition(detail)) continue;
    // Either the certificate was renewed, as a further history record of the same person, or somebody new was added.
    Record added = base;
    added.born = day;
    added.event = Event::kAdded;
    if (!base.present || Draws(detail + 1).Percent(50)) {
      added = Record();
      added.slot = slot;
      added.born = day;
      added.event = Event::kAdded;
      added.person = slot * (kMaxDay + 1) + day;
    }
    records->push_back(added);
  }
  records->front() = base;
  for (size_t i = 1; i < records->size(); ++i) {
    Record& record = (*records)[i];
    LiveOn(Mix(stream, record.born), record.born + 1, &record);
  }
}

}  // namespace sabun::bench
