// Somebody who may connect opens calls and says nothing: others are served all the same.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "absl/strings/match.h"
#include "adapters/client/channel.h"
#include "adapters/client/localized_status.h"
#include "engine/audit/verify_log.h"
#include "engine/service/call_seats.h"
#include "engine/service/server.h"
#include "sabun/v1/admin.grpc.pb.h"
#include "tests/support/audit_trail.h"
#include "tests/support/development_pki.h"

namespace sabun {
namespace {

constexpr char kSync[] = "/sabun.v1.IntakeService/Sync";
constexpr char kGetStatus[] = "/sabun.v1.AdminService/GetStatus";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// One open call of any method, whose messages are bytes.
class OpenCall {
 public:
  OpenCall(const std::shared_ptr<grpc::Channel>& channel, const char* method) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const grpc::internal::RpcMethod rpc(method, grpc::internal::RpcMethod::BIDI_STREAMING, channel);
    stream_.reset(grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
        channel.get(), rpc, &context_));
  }
  // Whether it was answered.
  bool Say(absl::string_view bytes) {
    const grpc::Slice slice(bytes.data(), bytes.size());
    grpc::ByteBuffer answer;
    return stream_->Write(grpc::ByteBuffer(&slice, 1)) && stream_->Read(&answer);
  }
  absl::Status End() { return client::FromGrpc(stream_->Finish()); }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
};

class SilentCallersTest : public testing::Test {
 protected:
  void Serve(absl::Duration first_message) {
    pki_.Run({"client", "operator", "nobody"});
    engine_ = *Engine::Open(store_.get(), &clock_, {});
    ServerOptions options;
    options.transport = pki_.Server();
    options.clock = &clock_;
    options.first_message = first_message;
    audit_.GiveTo(&options);
    options.access = *AccessFile::Open(pki_.Path("access.toml"), [](const absl::Status&, const std::string&) {});
    server_ = *Server::Start(engine_.get(), options);
  }
  std::shared_ptr<grpc::Channel> Open(const std::string& who) {
    return *client::OpenChannel(server_->address(), pki_.Client(who));
  }
  absl::Status GetStatus(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::GetStatusResponse response;
    return client::FromGrpc(v1::AdminService::NewStub(channel)->GetStatus(&context, {}, &response));
  }
  // "CODE method" of the first refusal that is written down.
  std::string FirstRefused() {
    std::vector<std::string> refused = {};
    EXPECT_TRUE(VisitAuditLog(audit_.log().options().directory, [&](const AuditEntry& entry, absl::string_view) {
                  if (entry.phase == "refused") refused.push_back(entry.code + " " + entry.method);
                  return absl::OkStatus();
                }).ok());
    return refused.empty() ? "" : refused.front();
  }

  DevelopmentPki pki_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  SystemClock clock_;
  AuditTrail audit_{store_.get(), &clock_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
};

// Calls that are open and silent, each waited for by a thread of its own.
class SilentCalls {
 public:
  SilentCalls(const std::shared_ptr<grpc::Channel>& channel, const char* method, size_t count) {
    for (size_t i = 0; i < count; ++i) calls_.push_back(std::make_unique<OpenCall>(channel, method));
    for (const auto& call : calls_) {
      threads_.emplace_back([this, &call] {
        const absl::Status ended = call->End();
        const std::lock_guard<std::mutex> lock(mutex_);
        ended_.push_back(ended);
        changed_.notify_all();
      });
    }
  }
  ~SilentCalls() {
    for (const auto& call : calls_) call->Cancel();
    for (std::thread& thread : threads_) thread.join();
  }
  // Waits until so many have ended.
  std::vector<absl::Status> Ended(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return ended_.size() >= count; });
    return ended_;
  }

 private:
  std::vector<std::unique_ptr<OpenCall>> calls_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<absl::Status> ended_;
  std::vector<std::thread> threads_;
};

TEST_F(SilentCallersTest, OneWithAGrantHoldsNoMoreThanItsSeats) {
  Serve(absl::Hours(1));
  for (const char* method : {kSync, kReflection}) {
    SilentCalls calls(Open("source"), method, 100);
    for (const absl::Status& ended : calls.Ended(100 - 16)) {
      EXPECT_TRUE(absl::IsResourceExhausted(ended)) << ended;
      EXPECT_EQ(client::Tell(ended).code, "TOO-MANY-CALLS");
      EXPECT_NE(client::Tell(ended).message_ja, client::Tell(ended).message_en);
    }
    EXPECT_TRUE(GetStatus(Open("operator")).ok()) << "others are served";
  }
  EXPECT_EQ(FirstRefused(), "RESOURCE_EXHAUSTED IntakeService/Sync");
}

TEST_F(SilentCallersTest, OneWithoutAGrantIsTurnedAwayBeforeItSpeaks) {
  Serve(absl::Hours(1));
  for (const char* method : {kSync, kReflection}) {
    OpenCall call(Open("operator-nobody"), method);
    EXPECT_EQ(client::Tell(call.End()).code, "PERMISSION_DENIED");
  }
  EXPECT_EQ(FirstRefused(), "PERMISSION_DENIED IntakeService/Sync");
}

TEST_F(SilentCallersTest, SilentStreamIsEndedInTime) {
  Serve(absl::Milliseconds(20));
  for (const char* method : {kSync, kReflection}) {
    OpenCall call(Open("source"), method);
    const client::ToldError told = client::Tell(call.End());
    EXPECT_EQ(told.code, "FIRST-MESSAGE-LATE");
    EXPECT_NE(told.message_ja, told.message_en);
  }
  EXPECT_EQ(FirstRefused(), "DEADLINE_EXCEEDED IntakeService/Sync");
}

TEST_F(SilentCallersTest, WhoeverAsksAtOnceIsAnswered) {
  Serve(absl::Hours(1));
  OpenCall call(Open("source"), kReflection);
  EXPECT_TRUE(call.Say(absl::string_view("\x3a\x00", 2))) << "which services are there";
  call.Cancel();
  EXPECT_FALSE(call.End().ok());
}

TEST_F(SilentCallersTest, CallsWhoseOnlyRequestDoesNotComeHoldNoThread) {
  Serve(absl::Hours(1));
  SilentCalls first(Open("operator"), kGetStatus, 32), second(Open("operator"), kGetStatus, 32),
      third(Open("operator"), kGetStatus, 32);
  EXPECT_TRUE(GetStatus(Open("operator")).ok()) << "which arrives behind them";
}

TEST(CallSeats, SeatComesBackWhenItsCallEnds) {
  CallSeats seats(2);
  auto first = seats.Take("a"), second = seats.Take("a");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(absl::IsResourceExhausted(seats.Take("a").status()));
  EXPECT_TRUE(seats.Take("b").ok()) << "each has its own";
  *second = CallSeats::Seat();
  EXPECT_TRUE(seats.Take("a").ok());
}

}  // namespace
}  // namespace sabun
