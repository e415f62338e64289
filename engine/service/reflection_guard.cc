#include "engine/service/reflection_guard.h"

#include <grpc/grpc.h>

#include "absl/strings/match.h"

namespace sabun {
namespace {

namespace hooks = grpc::experimental;

// Lives as long as its call, and with it the call's seat.
class GuardedReflection : public hooks::Interceptor {
 public:
  GuardedReflection(Gate* gate, hooks::ServerRpcInfo* info) : gate_(gate), info_(info) {}

  void Intercept(hooks::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(hooks::InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) Receive();
    methods->Proceed();
  }

 private:
  void Receive() {
    // Reflection is a synchronous service: its contexts are of this type.
    auto* const context = static_cast<grpc::ServerContext*>(info_->server_context());
    auto received = gate_->Receive(context, info_->method());
    if (!received.ok()) return End(context, received.status());
    call_ = *std::move(received);
    auto waiting = gate_->BeginToWait(*call_);
    if (!waiting.ok()) return End(context, waiting.status());
    waiting_ = *std::move(waiting);
  }

  // The handler that follows finds its stream closed.
  static void End(grpc::ServerContext* context, const absl::Status& why) {
    grpc_call_cancel_with_status(context->c_call(), static_cast<grpc_status_code>(why.code()),
                                 std::string(why.message()).c_str(), nullptr);
  }

  Gate* const gate_;
  hooks::ServerRpcInfo* const info_;
  std::unique_ptr<Call> call_;
  std::unique_ptr<Patience::Waiting> waiting_;  // to the end of the call: whoever asks something asks it at once
};

}  // namespace

hooks::Interceptor* ReflectionGuard::CreateServerInterceptor(hooks::ServerRpcInfo* call) {
  return absl::StartsWith(call->method(), "/grpc.reflection.") ? new GuardedReflection(gate_, call) : nullptr;
}

}  // namespace sabun
