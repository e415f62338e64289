#include "engine/service/call_seats.h"

#include "absl/strings/str_cat.h"

namespace sabun {

absl::StatusOr<CallSeats::Seat> CallSeats::Take(const std::string& identity) {
  MutexLock lock(&mutex_);
  int& taken = taken_[identity];
  if (taken >= most_of_one_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("TOO-MANY-CALLS: this certificate has ", most_of_one_, " calls open, which is the most that one ",
                     "may have; wait until some have ended, or look for a program that leaves them open"));
  }
  ++taken;
  return Seat(this, identity);
}

void CallSeats::Leave(const std::string& identity) {
  MutexLock lock(&mutex_);
  const auto found = taken_.find(identity);
  if (--found->second == 0) taken_.erase(found);
}

}  // namespace sabun
