// What an incident in some period could have touched: which change sets, how many records, of which organizations.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/audit/entry.h"

namespace sabun {

// What happened to one dataset in the period.
struct TouchedDataset {
  std::string organization, dataset;
  std::set<uint64_t> change_sets;  // made, decided, or read
  uint64_t records_taken_in = 0;   // added, updated or deleted by snapshots
  uint64_t records_read = 0;       // contents that people read
  uint64_t records_sent = 0;       // contents that submitters took to the hub
  std::set<std::string> callers;   // who did it
  uint64_t operations = 0;
};

class IncidentScope {
 public:
  // [from, to).
  IncidentScope(absl::Time from, absl::Time to) : from_(from), to_(to) {}
  void Take(const AuditEntry& entry);
  // By organization and dataset.
  std::vector<TouchedDataset> Finish() const;

 private:
  const absl::Time from_, to_;
  std::map<std::string, TouchedDataset> datasets_;
};

}  // namespace sabun
