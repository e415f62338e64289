// How many calls each caller has open: one caller alone never takes all threads of the server.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"

namespace sabun {

// Thread safe. Must outlive its seats.
class CallSeats {
 public:
  // Held as long as the call goes on.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept : seats_(std::exchange(other.seats_, nullptr)), identity_(std::move(other.identity_)) {}
    Seat& operator=(Seat&& other) noexcept {
      std::swap(seats_, other.seats_);
      std::swap(identity_, other.identity_);
      return *this;
    }
    ~Seat() {
      if (seats_ != nullptr) seats_->Leave(identity_);
    }

   private:
    friend class CallSeats;
    Seat(CallSeats* seats, std::string identity) : seats_(seats), identity_(std::move(identity)) {}
    CallSeats* seats_ = nullptr;
    std::string identity_;
  };

  explicit CallSeats(int most_of_one) : most_of_one_(most_of_one) {}

  // Errors: RESOURCE_EXHAUSTED (TOO-MANY-CALLS) when the caller has as many open as one may.
  absl::StatusOr<Seat> Take(const std::string& identity);

 private:
  void Leave(const std::string& identity);

  const int most_of_one_;
  Mutex mutex_;
  std::map<std::string, int> taken_ ABSL_GUARDED_BY(mutex_);  // of those who have any
};

}  // namespace sabun
