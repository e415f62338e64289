// A real store with a life behind it, small enough to be copied a thousand times: made once, then operated on, opened,
// and taken through its next day.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "tests/model/model_hub.h"

namespace sabun::fault {

// Everything that lies on disk, below one directory: data/, data.witness and data.key.
struct PatientFiles {
  explicit PatientFiles(std::string directory_in) : directory(std::move(directory_in)) {}
  std::string directory;
  std::string data() const { return directory + "/data"; }
  std::string witness() const { return directory + "/data.witness"; }
  std::string key() const { return directory + "/data.key"; }
};

// What a day has done; equal for equal stores.
struct DayResult {
  std::set<std::string> changes;      // of the new change set
  std::vector<std::string> problems;  // whatever a correct engine never does
};

// Source, hub and operator of one dataset, in the order of their days. Used by one thread.
class Patient {
 public:
  explicit Patient(uint64_t records);

  // Lives through the first days: a first load that is accepted as a whole, days of changes, rejects, an identity that
  // changes, batches without an answer. Everything is durable at the end. `after_settled_day` is called in between with
  // the store closed.
  // The last day ends in order, or by a kill that leaves several logs.
  absl::Status Make(const PatientFiles& files, bool is_killed, const std::function<void()>& after_settled_day);

  // The next day on some copy of the files, as if nothing had happened to them: opens, pushes, submits, reads all,
  // verifies. Does not change the patient. An error is a refusal; DATA_LOSS, UNAVAILABLE or a wrong key.
  absl::StatusOr<DayResult> NextDay(const PatientFiles& files) const;
  // Whether an engine starts on these files.
  bool OpensOn(const PatientFiles& files) const;

 private:
  class Visit;
  void ChangeSource(uint64_t day);

  uint64_t records_;
  uint64_t day_ = 0;
  model::Records source_;
  model::ModelHub hub_;
};

}  // namespace sabun::fault
