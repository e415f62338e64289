// Looks for many values, in all their forms, in bytes that come in pieces. One pass, whatever the number of values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun::leaks {

// What was found. It names the value by its line in the list, because a report must not repeat it.
struct CanaryHit {
  size_t canary;      // its place in the list, from 0
  std::string form;   // CanaryForm.name
  uint64_t position;  // of the first byte, from the first one that was searched
};

// Immutable; thread-safe.
class CanarySearch {
 public:
  explicit CanarySearch(const std::vector<std::string>& canaries);

  // Every place in `bytes` where a form of a canary begins and ends; `first_position` is that of its first byte.
  void Find(absl::string_view bytes, uint64_t first_position, std::vector<CanaryHit>* hits) const;
  // Of the longest form: so many bytes but one must be searched again with the next piece.
  size_t longest_form() const { return longest_form_; }
  size_t form_count() const { return forms_.size(); }

 private:
  struct Form {
    uint64_t head;  // its first eight bytes
    size_t canary;
    std::string name, bytes;
  };

  std::vector<Form> forms_;      // by head
  std::vector<uint64_t> heads_;  // a bit for each hash of a head: nearly every place is dismissed by one look
  size_t longest_form_ = 0;
};

}  // namespace sabun::leaks
