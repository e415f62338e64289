#include "tests/scenario/runner.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "adapters/client/localized_status.h"
#include "engine/base/status_macros.h"
#include "tests/scenario/hand_push.h"
#include "tests/scenario/world.h"
#include "tests/support/sample_csv.h"

namespace sabun::scenario {
namespace {

absl::Status Verify(World& world, const ScriptLine&) {
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  v1::VerifyDatasetRequest request;
  v1::VerifyDatasetResponse response;
  grpc::ClientContext context;
  request.set_dataset(world.dataset);
  RETURN_IF_ERROR(client::FromGrpc(stubs->admin->VerifyDataset(&context, request, &response)));
  for (const v1::VerifyFinding& finding : response.findings()) {
    if (!finding.problem().empty()) return absl::DataLossError(absl::StrCat(finding.check(), ": ", finding.problem()));
  }
  return response.sound() ? absl::OkStatus() : absl::DataLossError("verify says it is not sound");
}

// Conservation, recounted from what the engine tells: see design.md, invariant 2.
absl::Status CheckBooks(const v1::ChangeSet& change_set) {
  const v1::SnapshotCounts& rows = change_set.counts();
  const v1::Books& books = change_set.books();
  const bool rows_balance = rows.received() == rows.unchanged() + rows.added() + rows.updated() + rows.cosmetic() +
                                                   rows.invalid() + rows.duplicate() + rows.delete_rows();
  const bool books_balance = books.planned() == books.accepted() + books.rejected() + books.unknown() +
                                                    books.pending() + books.in_flight() + books.superseded();
  if (rows_balance && books_balance) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the books of change set ", change_set.number(), " do not balance"));
}

absl::Status CheckDataset(World& world) {
  RETURN_IF_ERROR(Verify(world, {}));
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  v1::ListChangeSetsRequest request;
  v1::ListChangeSetsResponse response;
  grpc::ClientContext context;
  request.set_dataset(world.dataset);
  RETURN_IF_ERROR(client::FromGrpc(stubs->change_sets->ListChangeSets(&context, request, &response)));
  for (const v1::ChangeSet& change_set : response.change_sets()) RETURN_IF_ERROR(CheckBooks(change_set));
  return absl::OkStatus();
}

absl::Status CheckPersonalValues(World& world) {
  std::set<std::string> values = world.personal_values;
  for (const char* name : {"myNumber", "name", "address"}) values.insert(SampleDefaults().at(name));
  for (const std::string& value : values) {
    ASSIGN_OR_RETURN(const std::string place, world.FindTrace(value));
    if (!place.empty()) return absl::DataLossError(absl::StrCat("a personal value is in ", place));
  }
  return absl::OkStatus();
}

absl::Status CheckEnd(World& world) {
  if (world.error) return *world.error;
  world.hand_push.reset();
  for (const std::string& dataset : world.datasets) {
    world.dataset = dataset;
    RETURN_IF_ERROR(CheckDataset(world));
  }
  return CheckPersonalValues(world);
}

absl::Status Do(World& world, const ScriptLine& line) {
  if (line.Word(0) == "expect") {
    const auto expectation = Expectations().find(line.Word(1));
    if (expectation == Expectations().end()) return WrongLanguage(absl::StrCat("nobody can expect ", line.Word(1)));
    if (world.error && line.Word(1) != "error") return *world.error;
    return expectation->second(world, line);
  }
  if (world.error) return *world.error;
  if (line.Word(0) == "verify") return Verify(world, line);
  for (const Verbs* verbs : {&OperatorVerbs(), &PushVerbs(), &SubmissionVerbs()}) {
    const auto verb = verbs->find(line.Word(0));
    if (verb == verbs->end()) continue;
    const absl::Status status = verb->second(world, line);
    if (status.ok() || IsWrongLanguage(status)) return status;
    world.error = status;
    return absl::OkStatus();
  }
  return WrongLanguage(absl::StrCat("there is no verb ", line.Word(0)));
}

}  // namespace

absl::Status RunScenario(const std::string& path, Memory memory, Passes passes) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  ASSIGN_OR_RETURN(const std::vector<ScriptLine> script, ParseScript(text));
  ASSIGN_OR_RETURN(const std::unique_ptr<World> world, World::Create());
  world->one_pass = passes == Passes::kOne;
  if (memory == Memory::kLittle) {
    world->engine_options.row_memory_bytes = 1;
    world->engine_options.delta_memory_bytes = 1;
    world->engine_options.ledger.atomic_limit = 0;
  }
  const auto failed = [&](const ScriptLine& line, const absl::Status& status) {
    return absl::Status(status.code(),
                        absl::StrCat(path, ":", line.number, ": ", line.text, "\n    ", status.ToString()));
  };
  for (const ScriptLine& line : script) {
    const absl::Status status = Do(*world, line);
    if (!status.ok()) return failed(line, status);
  }
  const absl::Status end = CheckEnd(*world);
  ScriptLine last;
  last.number = script.empty() ? 1 : script.back().number;
  last.text = "(the checks at the end)";
  if (!end.ok()) return failed(last, end);
  return absl::OkStatus();
}

}  // namespace sabun::scenario
