// A gRPC service whose every method goes through the gate. It takes the place of the base class that protoc generates:
// there is no other way to register a method, so that none can be served unguarded.
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/method_handler.h>

#include <string>

#include "engine/service/convert.h"
#include "engine/service/gate.h"

namespace sabun {

// About as much as goes into one message of a stream.
constexpr size_t kPageBytes = 1 << 20;

// The dataset that a request names: its member `dataset`, or `name` where the dataset itself is the subject.
template <typename Request>
std::string DatasetOf(const Request& request) {
  if constexpr (requires { request.dataset(); }) {
    return request.dataset();
  } else if constexpr (requires { request.begin().dataset(); }) {
    return request.begin().dataset();
  } else if constexpr (requires { request.name(); }) {
    return request.name();
  } else {
    return "";
  }
}

// The organization that a request names, where it is about all of it.
template <typename Request>
std::string OrganizationIn(const Request& request) {
  if constexpr (requires { request.ordered_by(), request.organization(); }) {
    return request.organization();
  } else {
    return "";
  }
}

class GuardedService : public grpc::Service {
 protected:
  // The gate must outlive it.
  explicit GuardedService(Gate* gate) : gate_(gate) {}

  // Registers `handler` for `method`, which is named as in the method table and lives for ever.
  template <typename Self, typename Request, typename Response>
  void Unary(const char* method, grpc::Status (Self::*handler)(Call&, const Request*, Response*)) {
    const auto guarded = [=](Self* self, grpc::ServerContext* context, const Request* request, Response* response) {
      return self->Pass(context, method, {DatasetOf(*request), OrganizationIn(*request)},
                        [&](Call& call) { return (self->*handler)(call, request, response); });
    };
    AddMethod(new grpc::internal::RpcServiceMethod(
        method, grpc::internal::RpcMethod::NORMAL_RPC,
        new grpc::internal::RpcMethodHandler<Self, Request, Response, google::protobuf::MessageLite,
                                             google::protobuf::MessageLite>(guarded, static_cast<Self*>(this))));
  }

  // The same for a method that answers with a stream.
  template <typename Self, typename Request, typename Response>
  void Streaming(const char* method,
                 grpc::Status (Self::*handler)(Call&, const Request*, grpc::ServerWriter<Response>*)) {
    const auto guarded = [=](Self* self, grpc::ServerContext* context, const Request* request,
                             grpc::ServerWriter<Response>* writer) {
      return self->Pass(context, method, {DatasetOf(*request), OrganizationIn(*request)},
                        [&](Call& call) { return (self->*handler)(call, request, writer); });
    };
    AddMethod(new grpc::internal::RpcServiceMethod(
        method, grpc::internal::RpcMethod::SERVER_STREAMING,
        new grpc::internal::ServerStreamingHandler<Self, Request, Response>(guarded, static_cast<Self*>(this))));
  }

  // The same for a conversation. Its first message names the dataset; the handler gets it beside the stream.
  template <typename Self, typename Request, typename Response>
  void Conversation(const char* method,
                    grpc::Status (Self::*handler)(Call&, Request, grpc::ServerReaderWriter<Response, Request>*)) {
    const auto guarded = [=, this](Self* self, grpc::ServerContext* context,
                                   grpc::ServerReaderWriter<Response, Request>* stream) {
      const auto received = gate_->Receive(context, method);
      if (!received.ok()) return ToGrpc(received.status());
      Call& call = **received;
      Request first;
      {
        const auto waiting = gate_->BeginToWait(call);
        if (!waiting.ok()) return ToGrpc(waiting.status());
        if (!stream->Read(&first)) {
          return ToGrpc((*waiting)->ended() ? gate_->NoteSilence(call)
                                            : absl::CancelledError("the stream was closed before its first message"));
        }
      }
      return self->Admitted(call, {DatasetOf(first), ""},
                            [&] { return (self->*handler)(call, std::move(first), stream); });
    };
    AddMethod(new grpc::internal::RpcServiceMethod(
        method, grpc::internal::RpcMethod::BIDI_STREAMING,
        new grpc::internal::BidiStreamingHandler<Self, Request, Response>(guarded, static_cast<Self*>(this))));
  }

 private:
  template <typename Work>
  grpc::Status Pass(grpc::ServerContext* context, const char* method, const CallTarget& target, const Work& work) {
    const auto received = gate_->Receive(context, method);
    if (!received.ok()) return ToGrpc(received.status());
    return Admitted(**received, target, [&] { return work(**received); });
  }

  template <typename Work>
  grpc::Status Admitted(Call& call, const CallTarget& target, const Work& work) {
    const absl::Status admitted = gate_->Admit(&call, target);
    return admitted.ok() ? call.Finish(work()) : ToGrpc(admitted);
  }

  Gate* const gate_;
};

}  // namespace sabun
