// What an operator, the machine and the hub do.
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "adapters/client/localized_status.h"
#include "engine/base/status_macros.h"
#include "engine/erasures.h"
#include "tests/scenario/hand_push.h"
#include "tests/scenario/world.h"
#include "tests/support/sample_csv.h"

namespace sabun::scenario {
namespace {

using client::FromGrpc;

absl::Status SetGuards(const ScriptLine& line, v1::GuardLimits* guards) {
  const google::protobuf::Descriptor* const descriptor = v1::GuardLimits::descriptor();
  for (const auto& [name, value] : line.named) {
    const google::protobuf::FieldDescriptor* const field = descriptor->FindFieldByName(name);
    if (field == nullptr) return WrongLanguage(absl::StrCat("there is no guard ", name));
    double number = 0;
    if (!absl::SimpleAtod(value, &number)) return WrongLanguage(absl::StrCat(value, " is not a number"));
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE) {
      guards->GetReflection()->SetDouble(guards, field, number);
    } else {
      guards->GetReflection()->SetUInt64(guards, field, static_cast<std::uint64_t>(number));
    }
  }
  return absl::OkStatus();
}

absl::Status UseDataset(World& world, const ScriptLine& line) {
  world.dataset = line.Word(1);
  if (world.datasets.contains(world.dataset)) return absl::OkStatus();
  v1::CreateDatasetRequest request;
  v1::CreateDatasetResponse response;
  request.set_name(world.dataset);
  request.set_profile_toml(world.profile_toml);
  // A handful of records exceeds any share of them, so the guard of updates is off unless the scenario sets it.
  request.mutable_guards()->set_max_update_percent(100);
  RETURN_IF_ERROR(SetGuards(line, request.mutable_guards()));
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  RETURN_IF_ERROR(FromGrpc(stubs->datasets->CreateDataset(&context, request, &response)));
  world.datasets.insert(world.dataset);
  return absl::OkStatus();
}

// update profile "OLD" "NEW" · update guards max_deletes=..
absl::Status Update(World& world, const ScriptLine& line) {
  v1::UpdateDatasetRequest request;
  v1::UpdateDatasetResponse response;
  request.set_name(world.dataset);
  if (line.Word(1) == "profile") {
    std::string profile = world.profile_toml;
    if (absl::StrReplaceAll({{line.Word(2), line.Word(3)}}, &profile) == 0) {
      return WrongLanguage(absl::StrCat("the profile does not hold ", line.Word(2)));
    }
    request.set_profile_toml(profile);
    world.profile_toml = profile;
  } else if (line.Word(1) == "guards") {
    RETURN_IF_ERROR(SetGuards(line, request.mutable_guards()));
  } else {
    return WrongLanguage("update profile OLD NEW, or update guards");
  }
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  return FromGrpc(stubs->datasets->UpdateDataset(&context, request, &response));
}

absl::StatusOr<std::uint64_t> NumberOf(const ScriptLine& line) {
  return line.words.size() > 1 ? ToNumber(line.Word(1)) : absl::StatusOr<std::uint64_t>(0);
}

absl::Status Approve(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const std::uint64_t number, NumberOf(line));
  ASSIGN_OR_RETURN(const v1::ChangeSet seen, ReadChangeSet(world, number));
  v1::ApproveChangeSetRequest request;
  v1::ApproveChangeSetResponse response;
  request.set_dataset(world.dataset);
  request.set_number(seen.number());
  request.set_digest(line.Named("digest") == "wrong" ? std::string(32, 'x') : seen.digest());
  request.set_approved_by(line.Named("by", "officer"));
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  return FromGrpc(stubs->change_sets->ApproveChangeSet(&context, request, &response));
}

absl::Status Discard(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const std::uint64_t number, NumberOf(line));
  ASSIGN_OR_RETURN(const v1::ChangeSet seen, ReadChangeSet(world, number));
  v1::DiscardChangeSetRequest request;
  v1::DiscardChangeSetResponse response;
  request.set_dataset(world.dataset);
  request.set_number(seen.number());
  request.set_discarded_by(line.Named("by", "officer"));
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  return FromGrpc(stubs->change_sets->DiscardChangeSet(&context, request, &response));
}

// resend all · resend keys KEY ... · resend change-sets A B
absl::Status Resend(World& world, const ScriptLine& line) {
  v1::PlanResendRequest request;
  v1::PlanResendResponse response;
  request.set_dataset(world.dataset);
  request.set_request_id(absl::StrCat("resend ", line.text, " ", line.number));
  request.set_all(line.Word(1) == "all");
  if (line.Word(1) == "keys") {
    for (std::size_t i = 2; i < line.words.size(); ++i) {
      v1::RecordKey* const key = request.add_keys();
      key->add_values(SampleDefaults().at("orgSpecificCertificateTypeId"));
      key->add_values(line.words[i]);
    }
  }
  if (line.Word(1) == "change-sets") {
    ASSIGN_OR_RETURN(const std::uint64_t first, ToNumber(line.Word(2)));
    ASSIGN_OR_RETURN(const std::uint64_t last, ToNumber(line.Word(3)));
    request.set_first_change_set(first);
    request.set_last_change_set(last);
  }
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  return FromGrpc(stubs->change_sets->PlanResend(&context, request, &response));
}

absl::Status Retry(World& world, const ScriptLine& line) {
  v1::RetryRejectsRequest request;
  v1::RetryRejectsResponse response;
  request.set_dataset(world.dataset);
  request.set_code(line.Named("code"));
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  return FromGrpc(stubs->rejects->RetryRejects(&context, request, &response));
}

// engine with row_memory_bytes=.. delta_memory_bytes=.. atomic_limit=..
absl::Status SetEngine(World& world, const ScriptLine& line) {
  if (!world.datasets.empty()) return WrongLanguage("the engine is set up before the first dataset");
  for (const auto& [name, value] : line.named) {
    ASSIGN_OR_RETURN(const std::uint64_t number, ToNumber(value));
    if (name == "row_memory_bytes") {
      world.engine_options.row_memory_bytes = number;
    } else if (name == "delta_memory_bytes") {
      world.engine_options.delta_memory_bytes = number;
    } else if (name == "atomic_limit") {
      world.engine_options.ledger.atomic_limit = number;
    } else {
      return WrongLanguage(absl::StrCat("the engine has no ", name));
    }
  }
  return absl::OkStatus();
}

absl::Status Restart(World& world, const ScriptLine&) {
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  world.hand_push.reset();
  return host->Restart();
}

absl::Status Crash(World& world, const ScriptLine&) {
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  const absl::Status crashed = host->Crash();
  world.hand_push.reset();
  return crashed;
}

absl::Status BackUp(World& world, const ScriptLine&) {
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  return host->BackUp();
}

absl::Status Restore(World& world, const ScriptLine&) {
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  world.hand_push.reset();
  return host->Restore();
}

// erase KEY ...: on order, by historyKey.
absl::Status Erase(World& world, const ScriptLine& line) {
  v1::EraseRecordsRequest request;
  request.set_dataset(world.dataset);
  request.set_ordered_by("officer");
  request.set_reason("order 7");
  for (size_t i = 1; i < line.words.size(); ++i) {
    v1::RecordKey* const key = request.add_keys();
    key->add_values(SampleDefaults().at("orgSpecificCertificateTypeId"));
    key->add_values(line.words[i]);
  }
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  const auto reader = stubs->admin->EraseRecords(&context, request);
  v1::EraseRecordsResponse response;
  bool certified = false;
  while (reader->Read(&response)) certified = certified || !response.certificate().empty();
  RETURN_IF_ERROR(FromGrpc(reader->Finish()));
  return certified ? absl::OkStatus() : absl::FailedPreconditionError("there is no certificate");
}

// erase-organization NAME: everything of it, on order.
absl::Status EraseOrganization(World& world, const ScriptLine& line) {
  v1::EraseOrganizationRequest request;
  request.set_organization(line.Word(1));
  request.set_ordered_by("officer");
  request.set_reason("order 8");
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  grpc::ClientContext context;
  v1::EraseOrganizationResponse response;
  RETURN_IF_ERROR(FromGrpc(stubs->admin->EraseOrganization(&context, request, &response)));
  std::erase_if(world.datasets,
                [&](const std::string& name) { return absl::StartsWith(name, absl::StrCat(line.Word(1), "/")); });
  return response.certificate().empty() ? absl::FailedPreconditionError("there is no certificate") : absl::OkStatus();
}

// retention DAYS: sets it, and lets the engine apply it once.
absl::Status Retain(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const std::uint64_t days, ToNumber(line.Word(1)));
  v1::UpdateDatasetRequest request;
  v1::UpdateDatasetResponse response;
  request.set_name(world.dataset);
  request.set_retention_days(static_cast<std::uint32_t>(days));
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  grpc::ClientContext context;
  RETURN_IF_ERROR(FromGrpc(host->stubs().datasets->UpdateDataset(&context, request, &response)));
  return ApplyRetention(&host->engine()).status();
}

// rotate fingerprints · rotate epoch
absl::Status Rotate(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  if (line.Word(1) == "epoch") return host->keys().BeginEpoch(absl::ToUnixSeconds(host->clock().Now())).status();
  if (line.Word(1) != "fingerprints") return WrongLanguage("rotate fingerprints, or rotate epoch");
  v1::RotateFingerprintSecretRequest request;
  v1::RotateFingerprintSecretResponse response;
  request.set_name(world.dataset);
  grpc::ClientContext context;
  return FromGrpc(host->stubs().datasets->RotateFingerprintSecret(&context, request, &response));
}

absl::Status Advance(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const std::uint64_t seconds, ToNumber(line.Word(1)));
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  host->clock().Advance(absl::Seconds(seconds));
  return absl::OkStatus();
}

// hub reject FIELD=VALUE code=.. [op=delete] · hub does FAULTS · hub heals
absl::Status Hub(World& world, const ScriptLine& line) {
  if (line.Word(1) == "heals") {
    world.faults.clear();
  } else if (line.Word(1) == "does") {
    const size_t begin = line.text.find("does ");
    world.faults = absl::StrCat(world.faults, ";", line.text.substr(begin + 5));
  } else if (line.Word(1) == "reject") {
    std::vector<std::string> members;
    for (const auto& [name, value] : line.named) {
      const bool is_member = name == "code" || name == "op" || name == "message" || name == "count";
      members.push_back(is_member ? absl::StrCat(name, "=", value) : absl::StrCat("field=", name, ",equals=", value));
    }
    world.faults = absl::StrCat(world.faults, ";reject:", absl::StrJoin(members, ","));
  } else {
    return WrongLanguage("hub reject, hub does or hub heals");
  }
  const absl::Status set = world.hub().SetFaults(world.faults);
  return set.ok() ? set : WrongLanguage(set.message());
}

}  // namespace

const Verbs& OperatorVerbs() {
  static const auto* const verbs = new Verbs{
      {"dataset", &UseDataset},
      {"update", &Update},
      {"approve", &Approve},
      {"discard", &Discard},
      {"resend", &Resend},
      {"retry", &Retry},
      {"engine", &SetEngine},
      {"restart", &Restart},
      {"crash", &Crash},
      {"advance", &Advance},
      {"hub", &Hub},
      {"backup", &BackUp},
      {"restore", &Restore},
      {"erase", &Erase},
      {"retention", &Retain},
      {"rotate", &Rotate},
      {"erase-organization", &EraseOrganization},
  };
  return *verbs;
}

}  // namespace sabun::scenario
