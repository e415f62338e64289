#include "engine/service/server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/support/audit_trail.h"

namespace sabun {
namespace {

grpc::ByteBuffer Bytes(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string Text(grpc::ByteBuffer buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = *Engine::Open(store_.get(), &clock_, {});
    ServerOptions options;
    options.transport.listen = "127.0.0.1:0";
    options.transport.insecure_loopback = true;
    options.clock = &clock_;
    audit_.GiveTo(&options);
    server_ = *Server::Start(engine_.get(), options);
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
  }
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  AuditTrail audit_{store_.get(), &clock_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ServerTest, AnswersTheStandardHealthCheck) {
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC,
                                         channel_);
  grpc::ClientContext context;
  grpc::ByteBuffer answer;
  const grpc::Status status = grpc::internal::BlockingUnaryCall(channel_.get(), method, &context, Bytes(""), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(Text(answer), "\x08\x01") << "SERVING";
}

// A server that ends, also after a failure of the store, says so to whoever watches before it cuts anybody off.
TEST_F(ServerTest, NotServingIsToldBeforeRunningCallsAreCutOff) {
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Watch", grpc::internal::RpcMethod::SERVER_STREAMING,
                                         channel_);
  grpc::ClientContext context;
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> watch(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(channel_.get(), method, &context, Bytes("")));
  grpc::ByteBuffer answer;
  ASSERT_TRUE(watch->Read(&answer));
  EXPECT_EQ(Text(answer), "\x08\x01") << "SERVING";
  std::thread stopping([&] { server_->Stop(absl::Seconds(1)); });
  ASSERT_TRUE(watch->Read(&answer));
  EXPECT_EQ(Text(answer), "\x08\x02") << "NOT_SERVING";
  context.TryCancel();
  stopping.join();
}

TEST_F(ServerTest, ReflectionListsEveryService) {
  const grpc::internal::RpcMethod method("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                         grpc::internal::RpcMethod::BIDI_STREAMING, channel_);
  grpc::ClientContext context;
  const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream(
      grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(channel_.get(), method,
                                                                                            &context));
  ASSERT_TRUE(stream->Write(Bytes(std::string("\x3A\x00", 2))));
  grpc::ByteBuffer answer;
  ASSERT_TRUE(stream->Read(&answer));
  const std::string services = Text(answer);
  for (const char* name : {"Dataset", "Intake", "ChangeSet", "Submission", "Reject", "Admin", "Audit"}) {
    EXPECT_NE(services.find(std::string("sabun.v1.") + name + "Service"), std::string::npos) << name;
  }
  stream->WritesDone();
}

TEST_F(ServerTest, AddressesThatOthersReachAreRefused) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:7400", "example.invalid:1", ""}) {
    ServerOptions options;
    options.transport.listen = address;
    options.transport.insecure_loopback = true;
    EXPECT_EQ(Server::Start(engine_.get(), options).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

TEST_F(ServerTest, TakenPortIsRefused) {
  ServerOptions options;
  options.transport.listen = server_->address();
  options.transport.insecure_loopback = true;
  options.clock = &clock_;
  audit_.GiveTo(&options);
  EXPECT_EQ(Server::Start(engine_.get(), options).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, UnixSocketWorks) {
  ServerOptions options;
  options.clock = &clock_;
  audit_.GiveTo(&options);
  options.transport.listen = "unix:" + testing::TempDir() + "/sabun_" + std::to_string(getpid()) + ".sock";
  const auto server = Server::Start(engine_.get(), options);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->address(), options.transport.listen);
  struct stat facts {};
  ASSERT_EQ(stat(options.transport.listen.substr(5).c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u) << "nobody else may connect";
}

}  // namespace
}  // namespace sabun
