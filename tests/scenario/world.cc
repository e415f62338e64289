#include "tests/scenario/world.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "adapters/client/localized_status.h"
#include "engine/base/status_macros.h"
#include "tests/scenario/hand_push.h"

namespace sabun::scenario {
namespace {

constexpr char kProfile[] = SABUN_SOURCE_DIR "/adapters/profiles/pmh-certificate-history.toml";

// The real profile, except that nobody waits.
absl::StatusOr<std::string> ImpatientProfile() {
  std::ifstream in(kProfile, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in || text.empty()) return absl::NotFoundError(absl::StrCat("cannot read ", kProfile));
  absl::StrReplaceAll({{"first_wait_seconds = 0.5", "first_wait_seconds = 0.01"},
                       {"first_wait_seconds = 0.1 ", "first_wait_seconds = 0.01"},
                       {"max_wait_seconds = 60", "max_wait_seconds = 0.02"},
                       {"max_wait_seconds = 10", "max_wait_seconds = 0.02"},
                       {"first_pause_seconds = 10", "first_pause_seconds = 0.01"},
                       {"max_pause_seconds = 300", "max_pause_seconds = 0.02"},
                       {"give_up_after_seconds = 600", "give_up_after_seconds = 0.3"},
                       {"requests_per_second = 50", "requests_per_second = 5000"}},
                      &text);
  return text;
}

}  // namespace

World::~World() = default;

absl::StatusOr<std::unique_ptr<World>> World::Create() {
  auto world = absl::WrapUnique(new World);
  ASSIGN_OR_RETURN(world->profile_toml, ImpatientProfile());
  ASSIGN_OR_RETURN(world->hub_, PmhSim::Start({}));
  return world;
}

absl::StatusOr<EngineHost*> World::Host() {
  if (host_ == nullptr) {
    ASSIGN_OR_RETURN(host_, EngineHost::Start(engine_options));
  }
  return host_.get();
}

absl::StatusOr<EngineStubs*> World::Stubs() {
  ASSIGN_OR_RETURN(EngineHost* const host, Host());
  return &host->stubs();
}

absl::StatusOr<v1::Dataset> World::Dataset() {
  ASSIGN_OR_RETURN(EngineStubs* const stubs, Stubs());
  v1::GetDatasetRequest request;
  v1::GetDatasetResponse response;
  grpc::ClientContext context;
  request.set_name(dataset);
  RETURN_IF_ERROR(client::FromGrpc(stubs->datasets->GetDataset(&context, request, &response)));
  return response.dataset();
}

absl::StatusOr<std::string> World::FindTrace(const std::string& value) {
  if (absl::StrContains(log_.text(), value)) return std::string("the engine's log");
  if (absl::StrContains(told_, value)) return std::string("a text that was told");
  ASSIGN_OR_RETURN(EngineHost* const host, Host());
  const std::filesystem::path data = host->data_directory();  // backups and the journal lie beside it
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data.parent_path())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (absl::StrContains(bytes, value)) return entry.path().string();
  }
  return std::string();
}

absl::StatusOr<v1::ChangeSet> ReadChangeSet(World& world, std::uint64_t number) {
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  v1::GetChangeSetRequest request;
  v1::GetChangeSetResponse response;
  grpc::ClientContext context;
  request.set_dataset(world.dataset);
  request.set_number(number);
  RETURN_IF_ERROR(client::FromGrpc(stubs->change_sets->GetChangeSet(&context, request, &response)));
  return response.change_set();
}

absl::StatusOr<std::uint64_t> ToNumber(const std::string& text) {
  std::uint64_t number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  return WrongLanguage(absl::StrCat("\"", text, "\" is not a number"));
}

}  // namespace sabun::scenario
