// How a strict hub looks at one element of a registration array, by the published rules alone.
#pragma once

#include <optional>
#include <string>

#include <simdjson.h>

namespace sabun {

// A broken rule. `message` names the field and never holds a value.
struct BrokenRule {
  std::string code;
  std::string message;
};

// Codes: E4001 (not an object, or a member of another JSON type than published). Such an element spoils its whole
// array.
std::optional<BrokenRule> CheckShape(const simdjson::dom::element& element);

// Codes, for an element whose shape is right: E1001 required member missing or empty, E1002 too long or wrong length,
// E1003 wrong characters or value, E1004 not a date, E1005 a member that is not published or is there twice.
std::optional<BrokenRule> CheckContent(const simdjson::dom::element& element);

}  // namespace sabun
