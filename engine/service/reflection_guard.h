// Reflection is gRPC's own service and passes no gate; yet each call of it holds a thread as long as its caller likes.
// This puts the gate's first half before it: nobody without a grant, as many calls as one may have, and not for long.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include "engine/service/gate.h"

namespace sabun {

// One for a server.
class ReflectionGuard : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // The gate must outlive the server.
  explicit ReflectionGuard(Gate* gate) : gate_(gate) {}
  // Null for every method that passes the gate by itself.
  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* call) override;

 private:
  Gate* const gate_;
};

}  // namespace sabun
