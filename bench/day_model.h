// What happens to the records of a synthetic municipality, day by day.
//
// There are `records` slots. Each slot holds one record on day 0; on a later day it may bring forth another one. What
// happens on a day is drawn from a hash of (seed, slot, day), so that the state on any day follows from the hashes of
// the days up to it, and no earlier extract is needed.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace sabun::bench {

enum class Event : uint8_t { kNone, kAdded, kUpdated, kReissued, kWithdrawn, kCosmetic };

// True when the event gives the record other content than before (or content at all).
inline bool ChangesContent(Event event) {
  return event == Event::kAdded || event == Event::kUpdated || event == Event::kReissued;
}

// The parts of a record that can change. Each has a version; consecutive versions always differ in the row's bytes.
enum Aspect : uint8_t {
  kEndVersion,
  kAddressVersion,
  kIncomeVersion,
  kCopaymentVersion,
  kSurnameVersion,
  kMyNumberVersion,
  kPaddingVersion,
  kVersionCount
};

// A record as it is on the day (or, when it was withdrawn that day, as it was on the day before).
struct Record {
  uint64_t slot = 0;
  uint32_t born = 0;           // the day on which it appeared
  uint64_t person = 0;         // records with the same number belong to one person
  uint32_t history = 0;        // its place among the person's records, from 0, the oldest
  uint32_t histories = 1;      // how many the person has
  bool present = true;         // false: withdrawn
  Event event = Event::kNone;  // what happened on the day itself
  std::array<uint16_t, kVersionCount> versions{};
};

// Immutable; thread-safe.
class DayModel {
 public:
  static constexpr uint32_t kMaxDay = 999;

  // `day` up to kMaxDay. On each day from 1 on each record changes with probability `change_rate`; of the changes 20 in
  // 100 are additions, 60 updates (1 in 100 of them a My Number that is issued again), 15 withdrawals, 5 cosmetic.
  // A withdrawn record may come back under its old key, as an addition.
  DayModel(uint64_t seed, uint32_t day, double change_rate);

  // Replaces `records` by all that the slot ever held up to the day, withdrawn ones included, the oldest first.
  void SlotRecords(uint64_t slot, std::vector<Record>* records) const;

  uint32_t day() const { return day_; }

 private:
  bool Draw(uint64_t stream, uint32_t day, uint64_t* detail) const;
  Record BaseRecord(uint64_t slot) const;
  void LiveOn(uint64_t stream, uint32_t from_day, Record* record) const;

  uint64_t seed_;
  uint32_t day_;
  uint64_t threshold_;
};

}  // namespace sabun::bench
