// Turns changes into the JSON text of a registration call, as the profile's [[field]] table says.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/pmh/hub_profile.h"
#include "sabun/v1/submission.pb.h"

namespace sabun {

// Splits packed fields (intake.proto) into `count` values that point into `packed`. INVALID_ARGUMENT when the bytes are
// not exactly `count` values.
absl::StatusOr<std::vector<absl::string_view>> UnpackFields(absl::string_view packed, std::size_t count);

// Appends `text` as a JSON string with its quotes. `text` must be UTF-8.
void AppendJsonString(absl::string_view text, std::string& out);

// Writes elements. Immutable; safe to share between threads. Keeps a copy of what it needs of the profile.
class RegistrationWriter {
 public:
  explicit RegistrationWriter(const HubProfile& profile);

  // Appends one element: the record's values at their places, absent values left out, and the deleted flag. Numbers of
  // fields, bad UTF-8, a boolean that is neither true/1 nor false/0, and raw text that is not JSON are
  // INVALID_ARGUMENT, naming the field, and `out` is as before.
  absl::Status AppendElement(v1::ChangeOp op, absl::string_view packed, std::string& out) const;

 private:
  // A member of an object: a value (field >= 0) or an object.
  struct Member {
    std::string name;  // Quoted, with the colon.
    int field = -1;
    std::vector<Member> members;
  };

  static Member& Place(std::vector<Member>& members, const std::string& name);
  absl::Status AppendMembers(const std::vector<Member>& members, const std::vector<absl::string_view>& values,
                             std::string& out) const;
  absl::Status AppendValue(const HubField& field, absl::string_view value, std::string& out) const;

  std::vector<HubField> fields_;
  std::vector<Member> members_;
  std::string deleted_flag_;  // Quoted, with the colon.
};

}  // namespace sabun
