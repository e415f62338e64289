// Stretches of a source's file as they travel; see STRETCHES in proto/sabun/v1/intake.proto.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "adapters/client/key_scheme.h"

namespace sabun::client {

struct Stretch {
  static constexpr size_t kBytes = 24;
  static constexpr uint32_t kMostBytes = (1 << 24) - 1;

  Hash128 hash;                  // of all its bytes
  std::array<char, 4> anchor{};  // the first of the fingerprint of its first row
  uint32_t bytes = 0;
  uint32_t rows = 0;
};

void AppendStretch(const Stretch& stretch, std::string* out);

// What the engine remembers of the file. Thread-safe once made.
class KnownStretches {
 public:
  // `parts`: the Stretches messages, one behind the other.
  explicit KnownStretches(std::string parts);

  size_t size() const { return stretches_.size() / Stretch::kBytes; }
  // `number` is 1 to size().
  Stretch Get(uint32_t number) const;

  // The number of the stretch that `text` begins with; 0: none. `hash` is that of fingerprints.
  uint32_t Find(const Hash128& fingerprint_of_first_row, absl::string_view text, const KeyedHash& hash) const;
  // The same for one stretch, which often is the one behind the last; false also when there is none of this number.
  bool Is(uint32_t number, absl::string_view text, const KeyedHash& hash) const;

 private:
  size_t SlotOf(const char* anchor) const;

  std::string stretches_;
  std::vector<uint32_t> slots_;  // numbers by anchor, open addressing; a power of two of them; empty: there are none
  std::vector<bool> anchors_;    // by eight times as many places: a small first look, for most rows begin no stretch
};

}  // namespace sabun::client
