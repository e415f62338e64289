// When a snapshot passed from one stage to the next, seen from its source.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "adapters/client/row_source.h"

namespace sabun::bench {

// A moment: the time, and the processor time that client and engine had used by then.
struct Moment {
  absl::Time time;
  absl::Duration client_cpu;
  absl::Duration engine_cpu;
};

// Passes everything on and notes the moments at which the session asks for something for the first time. The stages of
// a snapshot lie between them: fingerprints (begun to read), compare (read to asked), records (asked to checked), seal
// (checked to the end of the session).
class MeteredSource : public client::RowSource {
 public:
  // `source` must outlive it.
  MeteredSource(client::RowSource& source, std::function<Moment()> now) : source_(source), now_(std::move(now)) {}

  std::string Layout() const override { return source_.Layout(); }
  bool UsesStretches() const override { return source_.UsesStretches(); }
  void SetStretches(std::shared_ptr<const client::KnownStretches> stretches) override {
    source_.SetStretches(std::move(stretches));
  }
  absl::Status Start(const v1::Begun& begun) override {
    begun_ = now_();
    read_.reset();
    asked_.reset();
    waited_ = absl::ZeroDuration();
    return source_.Start(begun);
  }
  absl::Status ReadEntries(v1::Fingerprints* message) override;
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override;
  absl::Status CheckUnchanged() override;
  double Progress() const override { return source_.Progress(); }

  const Moment& begun() const { return begun_; }
  const Moment& read() const { return *read_; }
  // The same as checked() when no row was asked for.
  const Moment& asked() const { return asked_.has_value() ? *asked_ : checked_; }
  const Moment& checked() const { return checked_; }
  // How long the session waited for entries.
  absl::Duration waited() const { return waited_; }

 private:
  client::RowSource& source_;
  const std::function<Moment()> now_;
  Moment begun_, checked_;
  std::optional<Moment> read_, asked_;
  absl::Duration waited_;
};

}  // namespace sabun::bench
