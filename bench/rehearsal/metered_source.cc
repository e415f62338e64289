#include "bench/rehearsal/metered_source.h"

#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {

absl::Status MeteredSource::ReadEntries(v1::Fingerprints* message) {
  const absl::Time before = absl::Now();
  const absl::Status status = source_.ReadEntries(message);
  waited_ += absl::Now() - before;
  if (client::IsEmpty(*message)) read_ = now_();
  return status;
}

absl::StatusOr<size_t> MeteredSource::ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) {
  if (!asked_.has_value()) asked_ = now_();
  return source_.ReadRows(ordinals, message);
}

absl::Status MeteredSource::CheckUnchanged() {
  RETURN_IF_ERROR(source_.CheckUnchanged());
  checked_ = now_();
  return absl::OkStatus();
}

}  // namespace sabun::bench
