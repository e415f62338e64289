// What the hub says it holds, as rows for a comparison: by the listing call of the profile's [hub.listing], page by
// page.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/row_source.h"
#include "adapters/pmh/hub_client.h"
#include "adapters/pmh/hub_profile.h"
#include "adapters/pmh/pacing.h"

namespace sabun {

// Rows for SyncOptions.one_pass and against_hub. A page that does not come is asked for again, as the profile's
// [hub.retry] says. Not thread-safe. Errors never hold a value of a record.
class HubListing final : public client::RowSource {
 public:
  // `profile` must outlive it. FAILED_PRECONDITION when the profile knows no listing call.
  static absl::StatusOr<std::unique_ptr<HubListing>> Open(const HubProfile& profile, absl::string_view hub_url,
                                                          Timeline& time = MachineTime());

  std::string Layout() const override { return "hub-listing 1"; }
  absl::Status Start(const v1::Begun& begun) override;
  absl::Status ReadEntries(v1::Fingerprints* message) override;
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override;
  absl::Status CheckUnchanged() override { return absl::OkStatus(); }
  double Progress() const override { return 0; }

 private:
  HubListing(const HubProfile& profile, absl::string_view hub_url, Timeline& time)
      : profile_(profile), hub_(profile, hub_url), time_(time), rate_(profile.requests_per_second) {}

  // The next page, after as many attempts as it takes.
  absl::StatusOr<ListingPage> FetchPage();
  void AppendRow(const std::vector<std::string>& values, v1::Fingerprints* message);

  const HubProfile& profile_;
  HubClient hub_;
  Timeline& time_;
  RateLimit rate_;
  std::optional<client::KeyedHash> key_hash_;
  std::vector<uint32_t> key_fields_;
  uint64_t next_ordinal_ = 0;
  std::string cursor_;
  bool at_end_ = false;
  ListingPage page_;
  size_t next_record_ = 0;
};

}  // namespace sabun
