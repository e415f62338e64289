// submit: the real submission adapter. The others: its single steps, for scenarios that stop between them.
#include "absl/strings/str_join.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/packing.h"
#include "adapters/pmh/hub_client.h"
#include "adapters/pmh/registration.h"
#include "engine/base/status_macros.h"
#include "tests/scenario/world.h"

namespace sabun::scenario {
namespace {

using client::FromGrpc;

constexpr char kHolder[] = "adapter-1";

absl::Status SubmitAll(World& world, const ScriptLine& line) {
  world.submit.reset();
  ASSIGN_OR_RETURN(const v1::Dataset dataset, world.Dataset());
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  SubmitOptions options;
  options.dataset = world.dataset;
  options.profile_toml = dataset.profile_toml();
  options.hub_url = world.hub().url();
  options.holder = line.Named("holder");
  options.lease_wait = absl::ZeroDuration();  // its clock is the scenario's
  options.on_notice = [&](absl::string_view notice) { world.Tell(notice); };
  ASSIGN_OR_RETURN(world.submit, Submit(options, *stubs->submission, stubs->change_sets.get()));
  return absl::OkStatus();
}

// Calls one method of the submission service with dataset and token filled in.
template <typename Request, typename Response>
absl::Status CallWithLease(World& world, const ScriptLine& line,
                           grpc::Status (v1::SubmissionService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                               Response*),
                           Request* request, Response* response) {
  const std::string holder = line.Named("holder", kHolder);
  const auto token = world.leases.find(holder);
  if (token == world.leases.end()) return WrongLanguage(absl::StrCat(holder, " never had the lease"));
  request->set_dataset(world.dataset);
  request->set_token(token->second);
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  return FromGrpc((stubs->submission.get()->*method)(&context, *request, response));
}

using Stub = v1::SubmissionService::Stub;

absl::Status TakeLease(World& world, const ScriptLine& line) {
  v1::AcquireLeaseRequest request;
  v1::AcquireLeaseResponse response;
  request.set_dataset(world.dataset);
  request.set_holder(line.Named("holder", kHolder));
  ASSIGN_OR_RETURN(const std::uint64_t seconds, ToNumber(line.Named("seconds", "60")));
  request.set_seconds(static_cast<std::uint32_t>(seconds));
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  RETURN_IF_ERROR(FromGrpc(stubs->submission->AcquireLease(&context, request, &response)));
  world.leases[request.holder()] = response.token();
  return absl::OkStatus();
}

absl::Status ReleaseLease(World& world, const ScriptLine& line) {
  v1::ReleaseLeaseRequest request;
  v1::ReleaseLeaseResponse response;
  return CallWithLease(world, line, &Stub::ReleaseLease, &request, &response);
}

absl::Status KeepBatch(World& world, const v1::Batch& batch) {
  ASSIGN_OR_RETURN(const v1::Dataset dataset, world.Dataset());
  world.batch.id = batch.batch_id();
  world.batch.items.clear();
  for (const v1::BatchItem& item : batch.items()) {
    absl::string_view fields = item.fields();
    std::vector<absl::string_view> values;
    if (!client::TakePackedFields(&fields, dataset.fields_size(), &values)) {
      return absl::DataLossError("a batch item's fields cannot be taken apart");
    }
    world.batch.items[std::string(values[dataset.key_fields(dataset.key_fields_size() - 1)])] = item;
  }
  return absl::OkStatus();
}

absl::Status TakeBatch(World& world, const ScriptLine& line) {
  v1::NextBatchRequest request;
  v1::NextBatchResponse response;
  ASSIGN_OR_RETURN(const std::uint64_t max, ToNumber(line.Named("max", "1000")));
  request.set_max_records(static_cast<std::uint32_t>(max));
  RETURN_IF_ERROR(CallWithLease(world, line, &Stub::NextBatch, &request, &response));
  return KeepBatch(world, response.batch());
}

absl::Status ReadBatch(World& world, const ScriptLine& line) {
  v1::ReadBatchRequest request;
  v1::ReadBatchResponse response;
  ASSIGN_OR_RETURN(const std::uint64_t id, ToNumber(line.Word(1)));
  request.set_batch_id(id);
  RETURN_IF_ERROR(CallWithLease(world, line, &Stub::ReadBatch, &request, &response));
  return KeepBatch(world, response.batch());
}

// The hub gets the batch, and nobody reads its answer.
absl::Status PostBatch(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const v1::Dataset dataset, world.Dataset());
  ASSIGN_OR_RETURN(const HubProfile profile, ParseHubProfile(dataset.profile_toml()));
  const RegistrationWriter writer(profile);
  std::vector<std::string> elements;
  for (const auto& [key, item] : world.batch.items) {
    RETURN_IF_ERROR(writer.AppendElement(item.op(), item.fields(), elements.emplace_back()));
  }
  HubClient hub(profile, world.hub().url());
  const PostAnswer answer = hub.Post(absl::StrCat("[", absl::StrJoin(elements, ","), "]"), [] { return true; });
  if (answer.verdict != HubVerdict::kDone) return absl::UnavailableError(absl::StrCat("the hub said ", answer.code));
  if (!line.Has("keep-task")) return absl::OkStatus();
  v1::RecordTaskRequest request;
  v1::RecordTaskResponse response;
  request.set_batch_id(world.batch.id);
  request.set_task_id(answer.task_id);
  return CallWithLease(world, line, &Stub::RecordTask, &request, &response);
}

absl::Status MarkUnknown(World& world, const ScriptLine& line) {
  v1::MarkUnknownRequest request;
  v1::MarkUnknownResponse response;
  request.set_batch_id(world.batch.id);
  return CallWithLease(world, line, &Stub::MarkUnknown, &request, &response);
}

absl::Status SplitBatch(World& world, const ScriptLine& line) {
  v1::SplitBatchRequest request;
  v1::SplitBatchResponse response;
  request.set_batch_id(world.batch.id);
  return CallWithLease(world, line, &Stub::SplitBatch, &request, &response);
}

// receipt KEY accepted · receipt KEY rejected code=..
absl::Status GiveReceipt(World& world, const ScriptLine& line) {
  const auto item = world.batch.items.find(line.Word(1));
  if (item == world.batch.items.end()) return WrongLanguage(absl::StrCat(line.Word(1), " is not in the batch"));
  v1::RecordReceiptsRequest request;
  v1::RecordReceiptsResponse response;
  request.set_batch_id(world.batch.id);
  v1::Receipt* const receipt = request.add_receipts();
  receipt->set_item(item->second.item());
  if (line.Word(2) == "accepted") {
    receipt->set_outcome(v1::RECEIPT_OUTCOME_ACCEPTED);
  } else if (line.Word(2) == "rejected") {
    receipt->set_outcome(v1::RECEIPT_OUTCOME_REJECTED);
    receipt->set_code(line.Named("code", "E9001"));
    receipt->set_message(line.Named("message", "refused"));
  } else {
    return WrongLanguage("receipt KEY accepted, or receipt KEY rejected");
  }
  return CallWithLease(world, line, &Stub::RecordReceipts, &request, &response);
}

}  // namespace

const Verbs& SubmissionVerbs() {
  static const auto* const verbs = new Verbs{
      {"submit", &SubmitAll},    {"lease", &TakeLease},  {"release", &ReleaseLease},
      {"take", &TakeBatch},      {"read", &ReadBatch},   {"post", &PostBatch},
      {"unknown", &MarkUnknown}, {"split", &SplitBatch}, {"receipt", &GiveReceipt},
  };
  return *verbs;
}

}  // namespace sabun::scenario
