// A synthetic municipality as a source of rows: nothing is on disk, any size.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/row_source.h"
#include "adapters/file/row_scanner.h"
#include "adapters/file/text_decoder.h"
#include "bench/day_model.h"
#include "bench/generator.h"
#include "bench/rehearsal/ordered_chunks.h"
#include "bench/row_format.h"

namespace sabun::bench {

// What a fingerprint is made of. Both are equal exactly when the rows are equal enough for intake.proto.
enum class FingerprintInput {
  kRow,    // the bytes of the CSV line, as the CSV adapter takes them
  kState,  // the versions of the record that the line is a function of; a tenth of the cost
};

// Gives the rows of a day as `sabun-bench generate` would write them, in that order, UTF-8. Entries are made by several
// threads; rows are made again when they are asked for. Used by one thread at a time.
class GeneratedSource : public client::RowSource {
 public:
  struct Options {
    GeneratorOptions day;  // records, seed, day, change_rate; the others must be as they are by default
    FingerprintInput input = FingerprintInput::kRow;
    int threads = 0;  // 0: as many as there are processors
  };

  // INVALID_ARGUMENT: see ValidateOptions. INTERNAL: ICU lacks a converter.
  static absl::StatusOr<std::unique_ptr<GeneratedSource>> Create(const Options& options);

  std::string Layout() const override;
  absl::Status Start(const v1::Begun& begun) override;
  absl::Status ReadEntries(v1::Fingerprints* message) override;
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override;
  absl::Status CheckUnchanged() override { return absl::OkStatus(); }
  double Progress() const override;

 private:
  // A place among the present records.
  struct Walk {
    uint64_t slot = 0;  // the next one to look at
    uint64_t end = 0;
    std::vector<Record> records;  // of the slot before
    size_t next = 0;

    const Record& record() const { return records[next - 1]; }
  };
  struct Entries {
    std::string bytes;
  };

  GeneratedSource(const Options& options, RowFormat format, file::TextDecoder decoder);
  Walk WalkOver(uint64_t chunk) const;
  bool Step(Walk* walk) const;
  Entries MakeEntries(uint64_t chunk) const;
  absl::string_view FingerprintBytes(const Record& record, char* buffer) const;
  const Record& RecordAt(uint64_t ordinal);
  absl::Status PackRow(uint64_t ordinal, std::string* packed);

  const Options options_;
  const DayModel model_;
  const RowFormat format_;
  const uint64_t chunks_;
  file::TextDecoder decoder_;
  v1::Begun begun_;
  std::vector<size_t> column_of_field_;

  std::vector<uint64_t> first_ordinals_;  // of the chunks that were handed out
  uint64_t next_ordinal_ = 0;
  Entries current_;
  size_t used_bytes_ = 0;  // of current_
  std::unique_ptr<OrderedChunks<Entries>> pending_;

  size_t walked_chunk_ = 0;
  Walk walk_;
  uint64_t walk_ordinal_ = 0;  // of the record that the next Step finds
  std::vector<char> buffer_;
  file::Row row_;
  std::string packed_;
};

}  // namespace sabun::bench
