#include "tests/model/model_hub.h"

#include "absl/strings/str_cat.h"

namespace sabun::model {

bool ModelHub::Apply(const std::string& key, ChangeOp op, const Content& content, bool is_repeat) {
  const auto found = held.find(key);
  const bool holds = found != held.end();
  const bool may_differ = is_repeat || in_doubt.contains(key);
  const auto wrong = [&](const char* what) { violations.push_back(absl::StrCat(what, " of ", key)); };
  if (op == ChangeOp::kDelete) {
    if (!holds && !may_differ) wrong("delete of what the hub does not hold");
    const bool is_another = holds && found->second != content;
    if (is_another && !in_doubt.contains(key)) wrong("delete with another content than the accepted one");
    if (is_another && found->second.my_number != content.my_number) wrong("delete under another identity");
    if (holds) held.erase(found);
    return true;
  }
  if (!takes_everything && Rejects(content)) return false;
  if (holds && found->second.my_number != content.my_number) wrong("update under another identity");
  if (!may_differ && holds && found->second == content) wrong("needless sending");
  if (!may_differ && holds != (op == ChangeOp::kUpdate)) wrong("add and update mixed up");
  held[key] = content;
  return true;
}

}  // namespace sabun::model
