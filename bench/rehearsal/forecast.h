// From what was measured to what would be: pure arithmetic.
#pragma once

#include <cstdint>
#include <optional>

namespace sabun::bench {

constexpr double kDaysOfAYear = 365;

// A value that was measured with so many records.
struct Measurement {
  double records = 0;
  double value = 0;
};

// A cost that grows by the same amount with each record.
struct LinearCost {
  double fixed = 0;
  double per_record = 0;

  double At(double records) const { return fixed + per_record * records; }
};

LinearCost operator+(const LinearCost& a, const LinearCost& b);

// The line through two measurements, neither part below zero: a value that fell with more records is taken as constant
// (the higher one), and a line that would begin below zero is drawn from zero through the larger size. With equal sizes
// (or small.records = 0) it goes from zero through `large`.
LinearCost LineThrough(const Measurement& small, const Measurement& large);

// Nobody has more records; a limit that is reached only later is none.
constexpr double kMostRecords = 1e10;

// The records with which the cost reaches `limit`, rounded down; 0 when its fixed part is above; nothing when it stays
// below for kMostRecords.
std::optional<uint64_t> RecordsWithin(const LinearCost& cost, double limit);

// The smaller of the two; nothing counts as endless.
std::optional<uint64_t> Smaller(const std::optional<uint64_t>& a, const std::optional<uint64_t>& b);

// What a day adds when `days` of them led from `before` to `after`; 0 when it fell, or without days.
double GrowthPerDay(double before, double after, uint32_t days);

// Seconds for `records` at `rate` a second; 0 for a rate of 0, which means that there is no such limit.
double SecondsAt(double records, double rate);

}  // namespace sabun::bench
