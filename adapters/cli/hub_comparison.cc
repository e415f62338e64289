#include "adapters/cli/hub_comparison.h"

#include "absl/strings/str_cat.h"
#include "adapters/cli/error_report.h"
#include "adapters/cli/interruption.h"
#include "adapters/cli/progress_bar.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"
#include "adapters/pmh/hub_listing.h"

namespace sabun::cli {
absl::StatusOr<client::SyncResult> CompareWithHub(const CommandContext& context, const EngineClient& engine,
                                                  const HubComparison& comparison) {
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, comparison.dataset));
  ASSIGN_OR_RETURN(const HubProfile profile, ParseHubProfile(dataset.profile_toml()));
  ASSIGN_OR_RETURN(const std::unique_ptr<HubListing> listing, HubListing::Open(profile, comparison.hub_url));
  client::SyncOptions options;
  options.dataset = comparison.dataset;
  options.kind = v1::SNAPSHOT_KIND_COMPLETE;
  options.snapshot_id = client::NewSnapshotId();
  options.one_pass = options.against_hub = true;
  options.compare_only = !comparison.resend;
  options.list_differences = comparison.resend ? 0 : comparison.list_differences;
  options.cancelled = &WatchForInterruption();
  ProgressBar bar(!context.json);
  options.on_progress = [&](const client::SyncProgress& progress) {
    bar.Show(context.Say(text::kHubListing, {GroupDigits(progress.rows)}), -1);
  };
  absl::StatusOr<client::SyncResult> result = client::RunSync(*engine.intake, *listing, options);
  bar.Clear();
  RETURN_IF_ERROR(result.status());
  size_t shown = 0;
  for (const v1::RowError& error : result->errors) {
    if (error.warning() || ++shown > kErrorsShown) continue;
    context.Note(absl::StrCat("hub:", error.ordinal() + 1, ": ", error.code(), " ", error.field(), ": ",
                              error.message_ja(), " / ", error.message_en()));
  }
  return result;
}

}  // namespace sabun::cli
