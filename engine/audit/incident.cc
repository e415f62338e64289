#include "engine/audit/incident.h"

namespace sabun {

void IncidentScope::Take(const AuditEntry& entry) {
  if (entry.time < from_ || entry.time >= to_ || entry.dataset.empty() || entry.phase == "refused") return;
  TouchedDataset& touched = datasets_[entry.dataset];
  touched.organization = entry.organization;
  touched.dataset = entry.dataset;
  touched.callers.insert(entry.who);
  if (entry.phase == "intent") ++touched.operations;
  if (const uint64_t number = entry.Count("change_set"); number != 0) touched.change_sets.insert(number);
  touched.records_taken_in += entry.Count("added") + entry.Count("updated") + entry.Count("deleted");
  const uint64_t records = entry.content ? entry.Count("records") : 0;
  (entry.role == "submitter" ? touched.records_sent : touched.records_read) += records;
}

std::vector<TouchedDataset> IncidentScope::Finish() const {
  std::vector<TouchedDataset> touched;
  for (const auto& [name, dataset] : datasets_) touched.push_back(dataset);
  return touched;
}

}  // namespace sabun
