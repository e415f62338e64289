// Ends calls that take a thread of the server, or a place for a snapshot, and say nothing.
#pragma once

#include <grpcpp/server_context.h>

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"

namespace sabun {

// Thread safe. Must outlive what it has begun.
class Patience {
 public:
  // One call that is waited for; dropped when it has spoken, or has taken what it was told.
  class Waiting {
   public:
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    // The call was ended: the caller sees that status, and the stream is closed.
    bool ended() const;

   private:
    friend class Patience;
    Waiting(Patience* patience, grpc_call* call);
    Patience* const patience_;
    grpc_call* const call_;  // a reference of its own
    const absl::Time until_;
    bool ended_ = false;  // guarded by the lock of Patience
    std::list<Waiting*>::iterator place_;
  };

  // `limit`: for each time that is waited, by the clock that nobody sets, which must outlive it; looked at when so much
  // time of the machine has passed. `end`: what the caller sees.
  Patience(absl::Duration limit, absl::Status end, Clock* clock);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  std::unique_ptr<Waiting> Begin(grpc::ServerContext* context);

 private:
  void Run();

  const absl::Duration limit_;
  const absl::Status end_;
  Clock* const clock_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::list<Waiting*> waiting_;  // the one whose time is over first is in front
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace sabun
