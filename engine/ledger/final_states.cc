#include "engine/ledger/final_states.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr uint64_t kStatesInRow = 512;

// Where a change's state stands: sequences count from 1.
uint64_t RowOf(ChangeRef ref) { return (ref.sequence - 1) / kStatesInRow; }
size_t PlaceOf(ChangeRef ref) { return (ref.sequence - 1) % kStatesInRow; }

std::string RowKey(uint32_t dataset, uint64_t change_set, uint64_t row) {
  return layout::Numbered(layout::ChangePart(dataset, change_set, 's'), row);
}

absl::Status CheckRow(absl::string_view row) {
  const bool sound =
      row.size() <= kStatesInRow && std::all_of(row.begin(), row.end(), [](unsigned char c) { return c <= 6; });
  return sound ? absl::OkStatus() : absl::DataLossError("changes: a row of final states is damaged");
}

// The rows that the changes stand in, by change set and number.
using Rows = std::map<std::pair<uint64_t, uint64_t>, std::string>;

absl::Status ReadRows(Store* store, uint32_t dataset, Rows* rows) {
  std::vector<std::string> keys;
  for (const auto& [place, row] : *rows) keys.push_back(RowKey(dataset, place.first, place.second));
  if (keys.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto stored, store->MultiGet(Family::kChanges, keys));
  size_t next = 0;
  for (auto& [place, row] : *rows) {
    if (auto& value = stored[next++]) row = *std::move(value);
    RETURN_IF_ERROR(CheckRow(row));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFinalStates(Store* store, uint32_t dataset, std::vector<FinalState> states, Batch* batch) {
  Rows rows;
  for (const FinalState& state : states) rows[{state.ref.change_set, RowOf(state.ref)}];
  RETURN_IF_ERROR(ReadRows(store, dataset, &rows));
  for (const FinalState& state : states) {
    std::string& row = rows[{state.ref.change_set, RowOf(state.ref)}];
    row.resize(std::max(row.size(), PlaceOf(state.ref) + 1));
    row[PlaceOf(state.ref)] = static_cast<char>(state.state);
  }
  for (auto& [place, row] : rows) {
    batch->Put(Family::kChanges, RowKey(dataset, place.first, place.second), std::move(row));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::optional<ChangeState>>> ReadFinalStates(Store* store, uint32_t dataset,
                                                                        const std::vector<ChangeRef>& refs) {
  Rows rows;
  for (const ChangeRef& ref : refs) rows[{ref.change_set, RowOf(ref)}];
  RETURN_IF_ERROR(ReadRows(store, dataset, &rows));
  std::vector<std::optional<ChangeState>> states;
  states.reserve(refs.size());
  for (const ChangeRef& ref : refs) {
    const std::string& row = rows[{ref.change_set, RowOf(ref)}];
    const char state = PlaceOf(ref) < row.size() ? row[PlaceOf(ref)] : '\0';
    states.push_back(state == 0 ? std::nullopt : std::optional(static_cast<ChangeState>(state)));
  }
  return states;
}

absl::Status VisitFinalStates(Store* store, uint32_t dataset, uint64_t change_set,
                              const std::function<absl::Status(const FinalState&)>& visit) {
  const std::string prefix = layout::ChangePart(dataset, change_set, 's');
  const auto scan = store->NewScan(Family::kChanges, prefix, layout::After(prefix));
  for (; scan->Valid(); scan->Next()) {
    const absl::string_view row = scan->value();
    RETURN_IF_ERROR(CheckRow(row));
    const uint64_t first = LoadBig64(scan->key().data() + prefix.size()) * kStatesInRow + 1;
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i] != 0) RETURN_IF_ERROR(visit({{change_set, first + i}, static_cast<ChangeState>(row[i])}));
    }
  }
  return scan->status();
}

}  // namespace sabun
