// What a correct sender may tell a hub, in a few lines.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/record/change.h"

namespace sabun::model {

// The content of a record in this profile: a My Number (its identity) and a name. A name that begins with "R" is
// rejected.
struct Content {
  std::string my_number, name;
  friend auto operator<=>(const Content&, const Content&) = default;
};
using Records = std::map<std::string, Content>;

// A strict hub in ten lines: what it is told is checked against what it holds.
class ModelHub {
 public:
  // Applies one item; false when the hub rejects it. Notes in `violations` whatever a correct sender never does.
  bool Apply(const std::string& key, ChangeOp op, const Content& content, bool is_repeat);
  static bool Rejects(const Content& content) { return content.name.starts_with("R"); }

  Records held;
  std::vector<std::string> violations;
  // A repeat of these was rejected, and the post before it may have been applied: what is sent next may be needless.
  std::set<std::string> in_doubt;
  bool may_change_rules = false;  // then a rejected repeat is doubtful
  bool takes_everything = false;  // its rules are others for a while
};

}  // namespace sabun::model
