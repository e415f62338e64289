// IntakeService.Sync over real gRPC, with messages of any content in any order: every stream ends, with a status that
// tells the adapter what to do, and the ledger verifies.
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "adapters/client/channel.h"
#include "engine/base/bytes.h"
#include "engine/ledger/verify.h"
#include "engine/record/packed_fields.h"
#include "sabun/v1/intake.grpc.pb.h"
#include "spdlog/spdlog.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/audit_trail.h"
#include "tests/support/two_fields.h"

namespace {

using namespace sabun;
using sabun::fuzz::FuzzInput;
using sabun::fuzz::Require;

constexpr int kStreamsOfAHost = 2'000;

// An engine without a disk behind a port of this machine.
struct Host {
  std::unique_ptr<Store> store = NewMemoryStore();
  ManualClock clock;
  AuditTrail audit{store.get(), &clock};
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Server> server;
  std::unique_ptr<v1::IntakeService::Stub> intake;
  int streams = 0;

  Host() {
    spdlog::set_level(spdlog::level::off);
    EngineOptions options;
    options.spool_directory = "/dev/shm";
    options.threads = 0;
    options.row_memory_bytes = options.delta_memory_bytes = 1 << 16;
    options.new_secret = [] { return std::string(32, 's'); };
    engine = *Engine::Open(store.get(), &clock, options);
    bool created = false;
    Require(engine->CreateDataset(kTwoFieldDataset, kTwoFieldProfile, {}, &created).ok(), "a dataset is made");
    ServerOptions serving;
    serving.transport.listen = "127.0.0.1:0";
    serving.transport.insecure_loopback = true;
    serving.clock = &clock;
    audit.GiveTo(&serving);
    server = *Server::Start(engine.get(), serving);
    intake = v1::IntakeService::NewStub(*client::OpenChannel(server->address()));
  }
};

using Stream = grpc::ClientReaderWriter<v1::SyncRequest, v1::SyncResponse>;

void FillBegin(FuzzInput* input, v1::Begin* begin) {
  const uint8_t choice = input->Byte();
  begin->set_dataset(choice == 255 ? absl::CEscape(input->Piece(20)) : kTwoFieldDataset);
  begin->set_kind(static_cast<v1::SnapshotKind>(choice == 254 ? input->Byte() : 1 + choice % 2));
  begin->set_snapshot_id(choice == 253 ? absl::CEscape(input->Piece(30)) : std::string(1, 'a' + choice % 5));
  begin->set_one_pass(choice & 16);
  begin->set_compare_only(choice & 32);
  if (choice & 64) begin->set_list_differences(input->Byte() * 8u);
  if (choice & 128) begin->set_scheme(static_cast<v1::FingerprintScheme>(input->Byte() % 5));
}

// Rows as an adapter would send them: `secrets` are those of the dataset, as they always are.
void FillFingerprints(FuzzInput* input, const v1::Begun& secrets, uint64_t* next, v1::Fingerprints* message) {
  message->set_first_ordinal(*next + (input->Byte() == 255));
  const uint8_t choice = input->Byte();
  for (uint8_t rows = input->Byte() % 8; rows > 0; --rows, ++*next) {
    const uint8_t id = input->Byte();
    const std::string key(1, static_cast<char>('A' + id % 20)), name(id % 7, 'n');
    message->mutable_entries()->append(TwoFieldEntry(secrets.key_secret(), secrets.fingerprint_secret(), key, name));
    if (choice & 1) AppendPackedFields(std::vector<std::string>{key, name}, message->mutable_rows());
    if (id >= 250) message->add_unreadable()->set_ordinal(*next);
    if (id >= 240 && id < 250) message->add_deletes(*next);
  }
  if (choice == 255) message->mutable_entries()->append(std::string(input->Piece(40)));
}

void FillRecords(FuzzInput* input, v1::Records* message) {
  for (uint8_t rows = input->Byte() % 8; rows > 0; --rows) {
    const uint8_t ordinal = input->Byte(), id = input->Byte();
    if (id == 255) {
      message->add_errors()->set_ordinal(ordinal);
      continue;
    }
    AppendVarint(ordinal % 32, message->mutable_rows());
    AppendPackedFields(
        std::vector<std::string>{std::string(1, static_cast<char>('A' + id % 20)), std::string(id % 7, 'n')},
        message->mutable_rows());
  }
  if (input->Byte() == 255) message->mutable_rows()->append(std::string(input->Piece(20)));
}

// False when the stream shall end.
bool NextMessage(FuzzInput* input, const v1::Begun& secrets, uint64_t* next, v1::SyncRequest* request) {
  const uint8_t choice = input->Byte() % 8;
  if (choice == 0) FillBegin(input, request->mutable_begin());
  if (choice == 1 || choice == 2) FillFingerprints(input, secrets, next, request->mutable_fingerprints());
  if (choice == 3) {
    request->mutable_end()->set_count(*next + (input->Byte() == 255));
    request->mutable_end()->set_digest(std::string(input->Piece(16)));
  }
  if (choice == 4) FillRecords(input, request->mutable_records());
  if (choice == 5) request->mutable_commit();
  if (choice == 6) request->ParseFromString(std::string(input->Piece(200)));
  return choice != 7;
}

void Converse(Host* host, const v1::Begun& secrets, FuzzInput* input) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(15));
  const std::unique_ptr<Stream> stream = host->intake->Sync(&context);
  StreamDigest digest;
  uint64_t next = 0;
  v1::SyncRequest first;
  FillBegin(input, first.mutable_begin());
  bool open = stream->Write(first);
  while (open && !input->empty()) {
    v1::SyncRequest request;
    if (!NextMessage(input, secrets, &next, &request)) break;
    digest.Update(request.fingerprints().entries());
    // Most often the digest is right, else nothing after it is reached.
    if (request.has_end() && request.end().digest().size() != 16) request.mutable_end()->set_digest(digest.Value());
    open = stream->Write(request);
  }
  stream->WritesDone();
  v1::SyncResponse response;
  while (stream->Read(&response)) {
  }
  const grpc::StatusCode code = stream->Finish().error_code();
  Require(code != grpc::StatusCode::DEADLINE_EXCEEDED, "a stream ends");
  Require(code != grpc::StatusCode::INTERNAL && code != grpc::StatusCode::UNKNOWN &&
              code != grpc::StatusCode::DATA_LOSS && code != grpc::StatusCode::UNAVAILABLE,
          "a status that tells what to do");
}

v1::Begun LearnSecrets(Host* host) {
  grpc::ClientContext context;
  const std::unique_ptr<Stream> stream = host->intake->Sync(&context);
  v1::SyncRequest request;
  request.mutable_begin()->set_dataset(kTwoFieldDataset);
  request.mutable_begin()->set_kind(v1::SNAPSHOT_KIND_COMPLETE);
  request.mutable_begin()->set_snapshot_id("learn");
  v1::SyncResponse response;
  Require(stream->Write(request) && stream->Read(&response) && response.has_begun(), "a stream begins");
  const v1::Begun begun = response.begun();
  stream->WritesDone();
  while (stream->Read(&response)) {
  }
  stream->Finish();
  return begun;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Host* host = nullptr;
  if (host == nullptr) host = new Host();
  static const auto* const secrets = new v1::Begun(LearnSecrets(host));
  FuzzInput input(data, size);
  for (int streams = 0; streams < 4 && !input.empty(); ++streams, ++host->streams) Converse(host, *secrets, &input);
  if (host->streams % 64 > 3 && host->streams < kStreamsOfAHost) return 0;
  const auto dataset = *host->engine->Find(kTwoFieldDataset);
  for (const VerifyFinding& finding : VerifyLedger(&dataset->ledger())) {
    Require(finding.problem.empty(), "the ledger is sound");
  }
  if (host->streams < kStreamsOfAHost) return 0;
  delete host;
  host = nullptr;
  return 0;
}
