// Brings simple JSON to its canonical form without a tree of its own texts: JSON without escapes, fractions, exponents
// and line breaks, which is nearly all that there is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/canonical/json_rule.h"

namespace sabun {

// Memory that is used again for each text. Not thread safe.
class JsonOutline {
 public:
  // `text` must be valid UTF-8 without control characters, and must not point into `*out`. When true, `*value` is what
  // CanonicalJson gives: `text` itself, if it already is canonical, or else `*out`. False says nothing about the text:
  // it may be no JSON, or just not simple.
  bool Run(absl::string_view text, JsonShape shape, std::string* out, absl::string_view* value);

 private:
  // Of one value; in the order of the text, so that what is in a container stands between it and `end`.
  struct Node {
    absl::string_view name;  // With its quotes; empty in arrays.
    absl::string_view text;  // Of a scalar; empty for a container.
    uint32_t end;            // The node after all that is in it.
    char sign;               // '{' or '[' for a container.
  };

  char Peek();
  bool TakeValue(absl::string_view name, int depth);
  bool TakeMembers(int depth);
  bool TakeElements(int depth);
  bool TakeQuoted(absl::string_view* quoted);
  bool TakeNumber();
  bool TakeWord(absl::string_view word);
  bool Write(uint32_t node, std::string* out);
  bool WriteMembers(uint32_t node, std::string* out);

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool canonical_ = true;  // As far as was read.
  std::vector<Node> nodes_;
  std::vector<uint32_t> members_;  // Of the objects that are being written, innermost last.
};

}  // namespace sabun
