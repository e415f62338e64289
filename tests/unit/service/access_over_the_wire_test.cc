// Every method × role × organization over real mutual TLS: a certificate for each role, and every method that the proto
// files know. What the hand-written matrix refuses is refused, and another organization's datasets are not there.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/channel.h"
#include "engine/audit/verify_log.h"
#include "engine/service/server.h"
#include "sabun/v1/change_set.grpc.pb.h"
#include "sabun/v1/dataset.grpc.pb.h"
#include "tests/support/audit_trail.h"
#include "tests/support/development_pki.h"
#include "tests/support/one_field.h"
#include "tests/unit/access/expected_matrix.h"

namespace sabun {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr const char* kRoles[] = {"source",  "submitter",   "operator",     "approver",
                                  "auditor", "key_officer", "administrator"};
constexpr const char* kServices[] = {"Admin", "Audit", "ChangeSet", "Dataset", "Intake", "Reject", "Submission"};

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const char* name : kServices) {
    const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
        absl::StrCat("sabun.v1.", name, "Service"));
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i));
  }
  return methods;
}

std::string PathOf(const MethodDescriptor* method) {
  return absl::StrCat("/", method->service()->full_name(), "/", method->name());
}

// Names the dataset wherever a request of this kind does.
void NameDataset(const std::string& dataset, Message* message) {
  for (const char* member : {"dataset", "name"}) {
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(member);
    if (field != nullptr) return message->GetReflection()->SetString(message, field, dataset);
  }
  const FieldDescriptor* begin = message->GetDescriptor()->FindFieldByName("begin");
  if (begin != nullptr) NameDataset(dataset, message->GetReflection()->MutableMessage(message, begin));
}

class AccessOverTheWire : public testing::Test {
 protected:
  void SetUp() override {
    EngineOptions engine;
    engine.spool_directory = testing::TempDir();
    engine_ = *Engine::Open(store_.get(), &clock_, engine);
    bool created = false;
    for (const char* name : {"mihon-city/child", "other-city/child"}) {
      ASSERT_TRUE(engine_->CreateDataset(name, kOneFieldProfile, {}, &created).ok());
    }
    ServerOptions options;
    options.transport = pki_.Server();
    options.clock = &clock_;
    audit_.GiveTo(&options);
    std::ofstream rules(pki_.Path("roles.toml"));
    for (const char* role : kRoles) {
      rules << "[[grant]]\nidentity = 'spiffe://sabun/mihon-city/" << role << "/development'\nroles = ['" << role
            << "']\norganizations = ['mihon-city']\n";
    }
    rules.close();
    options.access = *AccessFile::Open(pki_.Path("roles.toml"), [](const absl::Status&, const std::string&) {});
    server_ = *Server::Start(engine_.get(), options);
  }

  std::shared_ptr<grpc::Channel> Open(const std::string& role) {
    return *client::OpenChannel(server_->address(), pki_.Client(role));
  }

  // Any method, as a stream of bytes: one request, and all answers read to the end.
  grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel, const MethodDescriptor* method,
                   const std::string& dataset) {
    google::protobuf::DynamicMessageFactory factory;
    const std::unique_ptr<Message> request(factory.GetPrototype(method->input_type())->New());
    NameDataset(dataset, request.get());
    const grpc::Slice slice(request->SerializeAsString());
    const std::string path = PathOf(method);
    const grpc::internal::RpcMethod rpc(path.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, channel);
    grpc::ClientContext context;
    using Factory = grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>;
    const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream(
        Factory::Create(channel.get(), rpc, &context));
    stream->Write(grpc::ByteBuffer(&slice, 1));
    stream->WritesDone();
    grpc::ByteBuffer answer;
    while (stream->Read(&answer)) {
    }
    return stream->Finish();
  }

  DevelopmentPki pki_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  AuditTrail audit_{store_.get(), &clock_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
};

enum class Verdict { kServed, kHidden, kForbidden };

// What the caller saw: the engine's own answers of any kind count as served.
Verdict VerdictOf(const grpc::Status& status) {
  if (absl::StrContains(status.error_message(), " may not call ")) return Verdict::kForbidden;
  if (absl::StartsWith(status.error_message(), "there is no dataset ")) return Verdict::kHidden;
  return Verdict::kServed;
}

TEST_F(AccessOverTheWire, EveryMethodOfTheProtoHasARule) {
  std::set<std::string> methods;
  for (const MethodDescriptor* method : AllMethods()) methods.insert(PathOf(method));
  std::set<std::string> expected;
  for (const auto& [method, roles] : ExpectedMatrix()) expected.insert(method);
  EXPECT_EQ(methods, expected);
}

TEST_F(AccessOverTheWire, NoCellIsWrong) {
  for (int role = 0; role < 7; ++role) {
    const auto channel = Open(kRoles[role]);
    for (const MethodDescriptor* method : AllMethods()) {
      const bool engine = IsAboutTheEngine(PathOf(method));
      const bool may = !engine && ExpectedMatrix().at(PathOf(method))[role] != '.';
      const bool creates = method->name() == "CreateDataset";
      const auto cell = [&](const std::string& dataset) { return VerdictOf(Ask(channel, method, dataset)); };
      const std::string where = absl::StrCat(PathOf(method), " for ", kRoles[role]);
      // About every organization, and yet naming a dataset: that one is not there for whoever has one organization
      // only.
      const Verdict refused = engine && method->name() == "EraseRecords" ? Verdict::kHidden : Verdict::kForbidden;
      EXPECT_EQ(cell("mihon-city/child"), may ? Verdict::kServed : refused) << where;
      const Verdict hidden = creates ? Verdict::kForbidden : Verdict::kHidden;
      if (engine || method->name() == "ListDatasets" || method->service()->name() == "AuditService")
        continue;  // name none
      EXPECT_EQ(cell("other-city/child"), hidden) << where;
      EXPECT_EQ(cell("nobody/child"), hidden) << where << ": the same words as for one that is there";
    }
  }
}

TEST_F(AccessOverTheWire, LogSaysThatWhatIsHiddenWasRefused) {
  const MethodDescriptor* const method = AllMethods().front();
  EXPECT_EQ(VerdictOf(Ask(Open("operator"), method, "other-city/child")), Verdict::kHidden);
  EXPECT_EQ(VerdictOf(Ask(Open("operator"), method, "mihon-city/typo")), Verdict::kHidden);
  std::vector<std::string> refused;
  ASSERT_TRUE(VisitAuditLog(audit_.log().options().directory, [&](const AuditEntry& entry, absl::string_view) {
                if (entry.phase == "refused") refused.push_back(entry.code + " " + entry.dataset);
                return absl::OkStatus();
              }).ok());
  const std::vector<std::string> expected = {"PERMISSION_DENIED other-city/child", "NOT_FOUND "};
  EXPECT_EQ(refused, expected) << "and names of what is not there are not written down";
}

TEST_F(AccessOverTheWire, ListsShowTheCallersOrganizationOnly) {
  const auto stub = v1::DatasetService::NewStub(Open("operator"));
  for (const uint32_t page_size : {1, 2, 100}) {
    grpc::ClientContext context;
    v1::ListDatasetsRequest request;
    request.set_page_size(page_size);
    v1::ListDatasetsResponse response;
    ASSERT_TRUE(stub->ListDatasets(&context, request, &response).ok());
    ASSERT_EQ(response.datasets_size(), 1);
    EXPECT_EQ(response.datasets(0).name(), "mihon-city/child");
  }
}

TEST_F(AccessOverTheWire, NewServiceIsNotServedWithoutARule) {
  const auto channel = Open("administrator");
  const grpc::internal::RpcMethod rpc("/sabun.v1.AdminService/Unknown", grpc::internal::RpcMethod::BIDI_STREAMING,
                                      channel);
  grpc::ClientContext context;
  using Factory = grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>;
  const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream(
      Factory::Create(channel.get(), rpc, &context));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace sabun
