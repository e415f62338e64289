#include "adapters/pmh/submitter.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

#include "adapters/client/localized_status.h"
#include "adapters/pmh/hub_profile.h"
#include "adapters/pmh/submit_run.h"

namespace sabun {
namespace {

// How many changes of the run's change sets were superseded, by their books.
absl::StatusOr<std::uint64_t> Superseded(const std::string& dataset, const std::vector<std::uint64_t>& numbers,
                                         v1::ChangeSetService::StubInterface& change_sets) {
  std::uint64_t superseded = 0;
  for (const std::uint64_t number : numbers) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::GetChangeSetRequest request;
    request.set_dataset(dataset);
    request.set_number(number);
    v1::GetChangeSetResponse response;
    const grpc::Status status = change_sets.GetChangeSet(&context, request, &response);
    if (!status.ok()) return client::FromGrpc(status);
    superseded += response.change_set().books().superseded();
  }
  return superseded;
}

}  // namespace

absl::StatusOr<SubmitSummary> Submit(const SubmitOptions& options, v1::SubmissionService::StubInterface& engine,
                                     v1::ChangeSetService::StubInterface* change_sets) {
  const auto profile = ParseHubProfile(options.profile_toml);
  if (!profile.ok()) return profile.status();
  SubmitRun run(options, *profile, engine);
  auto summary = run.Run();
  if (!summary.ok() || change_sets == nullptr) return summary;
  const auto superseded = Superseded(options.dataset, summary->change_sets, *change_sets);
  if (!superseded.ok()) return superseded.status();
  summary->superseded = *superseded;
  return summary;
}

}  // namespace sabun
