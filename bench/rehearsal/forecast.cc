#include "bench/rehearsal/forecast.h"

#include <algorithm>

namespace sabun::bench {

LinearCost operator+(const LinearCost& a, const LinearCost& b) {
  return {a.fixed + b.fixed, a.per_record + b.per_record};
}

LinearCost LineThrough(const Measurement& small, const Measurement& large) {
  if (large.records <= 0) return {std::max(small.value, large.value), 0};
  if (small.records <= 0 || small.records >= large.records) return {0, large.value / large.records};
  const double slope = (large.value - small.value) / (large.records - small.records);
  if (slope <= 0) return {std::max(small.value, large.value), 0};
  const double fixed = large.value - slope * large.records;
  if (fixed < 0) return {0, large.value / large.records};
  return {fixed, slope};
}

std::optional<uint64_t> RecordsWithin(const LinearCost& cost, double limit) {
  if (cost.fixed > limit) return 0;
  if (cost.At(kMostRecords) <= limit) return std::nullopt;
  return static_cast<uint64_t>((limit - cost.fixed) / cost.per_record);
}

std::optional<uint64_t> Smaller(const std::optional<uint64_t>& a, const std::optional<uint64_t>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() ? a : b;
  return std::min(*a, *b);
}

double GrowthPerDay(double before, double after, uint32_t days) {
  return days == 0 ? 0 : std::max(0.0, after - before) / days;
}

double SecondsAt(double records, double rate) { return rate > 0 ? records / rate : 0; }

}  // namespace sabun::bench
