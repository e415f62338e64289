// A later day of a file of which there is only one: the same rows, a share of them with another content.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "adapters/client/row_source.h"

namespace sabun::bench {

// The index of the first field of the profile that free text can be put into: a required string that is no key and has
// no exact length. INVALID_ARGUMENT when there is none, or for a profile that cannot be read.
absl::StatusOr<uint32_t> FieldToChange(absl::string_view profile_toml);

// Passes the rows of another source on. On each day up to `day` each row is changed with probability `share`, drawn
// from `seed` and its ordinal: its fingerprint differs, and the value of `field` gets a mark behind it. Used by one
// thread at a time.
class ChangedSource : public client::RowSource {
 public:
  struct Options {
    uint32_t day = 0;  // 0: nothing is changed
    double share = 0;
    uint64_t seed = 1;
    uint32_t field = 0;              // see FieldToChange
    uint64_t max_rows = UINT64_MAX;  // the source ends after so many
    uint64_t expected_rows = 0;      // for Progress when max_rows cuts; 0: not known
  };

  // `source` must outlive it.
  ChangedSource(client::RowSource& source, const Options& options) : source_(source), options_(options) {}

  std::string Layout() const override { return source_.Layout(); }
  absl::Status Start(const v1::Begun& begun) override;
  absl::Status ReadEntries(v1::Fingerprints* message) override;
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override;
  absl::Status CheckUnchanged() override { return source_.CheckUnchanged(); }
  double Progress() const override;

 private:
  uint32_t VersionOf(uint64_t ordinal) const;
  absl::Status ChangeRows(const std::string& rows, std::string* changed);

  client::RowSource& source_;
  const Options options_;
  uint64_t rows_ = 0;
  size_t field_count_ = 0;
  std::vector<absl::string_view> values_;
};

}  // namespace sabun::bench
