// Ends calls that take a thread of the server and say nothing.
#pragma once

#include <grpcpp/server_context.h>

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace sabun {

// Thread safe. Must outlive what it has begun.
class Patience {
 public:
  // One call that is waited for; dropped when it has spoken.
  class Waiting {
   public:
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    // The call was ended: the caller sees DEADLINE_EXCEEDED (FIRST-MESSAGE-LATE).
    bool ended() const;

   private:
    friend class Patience;
    Waiting(Patience* patience, grpc_call* call);
    Patience* const patience_;
    grpc_call* const call_;  // a reference of its own
    const std::chrono::steady_clock::time_point until_;
    bool ended_ = false;  // guarded by the lock of Patience
    std::list<Waiting*>::iterator place_;
  };

  // `limit`: for each call.
  explicit Patience(absl::Duration limit);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  std::unique_ptr<Waiting> Begin(grpc::ServerContext* context);

 private:
  void Run();

  const std::chrono::steady_clock::duration limit_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::list<Waiting*> waiting_;  // the one whose time is over first is in front
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace sabun
