#include "tests/model/model_hub.h"

#include "absl/strings/str_cat.h"

namespace sabun::model {

bool ModelHub::Apply(const std::string& key, ChangeOp op, const Content& content, bool is_repeat) {
  const auto found = held.find(key);
  const bool holds = found != held.end();
  const auto wrong = [&](const char* what) { violations.push_back(absl::StrCat(what, " of ", key)); };
  if (op == ChangeOp::kDelete) {
    if (!holds && !is_repeat) wrong("delete of what the hub does not hold");
    if (holds && found->second != content) wrong("delete with another content than the accepted one");
    if (holds) held.erase(found);
    return true;
  }
  if (!takes_everything && Rejects(content)) return false;
  if (holds && found->second.my_number != content.my_number) wrong("update under another identity");
  if (!is_repeat && holds && found->second == content) wrong("needless sending");
  if (!is_repeat && holds != (op == ChangeOp::kUpdate)) wrong("add and update mixed up");
  held[key] = content;
  return true;
}

}  // namespace sabun::model
