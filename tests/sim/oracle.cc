#include "tests/sim/oracle.h"

#include <algorithm>

namespace sabun::sim {
namespace {

std::optional<Content> Find(const Records& records, const std::string& key) {
  const auto found = records.find(key);
  return found == records.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

void Oracle::Want(const Records& next) {
  std::set<std::string> keys;
  for (const auto& [key, content] : wanted_) keys.insert(key);
  for (const auto& [key, content] : next) keys.insert(key);
  for (const std::string& key : keys) {
    const std::optional<Content> before = Find(wanted_, key), after = Find(next, key);
    if (before == after) continue;
    std::deque<std::optional<Content>>& path = path_[key];
    if (path.empty()) path.push_back(before);
    path.push_back(after);
    rejected_.erase(key);
  }
  wanted_ = next;
}

// The record's elements must follow what was wanted of it, in that order; steps may be left out. A delete under an old
// identity goes before the content that has the new one.
void Oracle::CheckOrder(const Element& element) {
  std::deque<std::optional<Content>>& path = path_[element.key];
  const auto is_step = [&](const std::optional<Content>& wanted) {
    if (!element.deleted) return wanted == element.content;
    return !wanted || wanted->my_number != element.content.my_number;
  };
  const auto step = std::find_if(path.begin(), path.end(), is_step);
  if (step == path.end()) {
    Violate("what is not wanted, or not any more, is sent: " + element.key);
    return;
  }
  // Of a first half the path is not passed: the content follows.
  if (!element.deleted || !*step) path.erase(path.begin(), step);
}

void Oracle::CheckNeed(const Element& element) {
  const std::optional<Content> content = element.deleted ? std::nullopt : std::optional(element.content);
  const bool doubt = doubts_.contains(element.key) || lost_.contains(element.key);
  const auto told = told_.find(element.key);
  if (!doubt && told != told_.end() && told->second.confirmed && told->second.content == content) {
    Violate("sent again though its receipt is on record: " + element.key);
  }
  if (!doubt && told == told_.end() && element.deleted) Violate("delete of what the hub never held: " + element.key);
  const auto rejected = rejected_.find(element.key);
  if (rejected != rejected_.end() && rejected->second.confirmed && rejected->second.content == content) {
    Violate("a reject is sent again though nobody retries it: " + element.key);
  }
}

std::string Oracle::Judge(const Element& element) const {
  const std::optional<Content> held = Find(held_, element.key);
  if (element.deleted && !held) return "E2001";
  if (held && held->my_number != element.content.my_number) return "E2002";
  if (!element.deleted && !takes_everything && element.content.name.starts_with("R")) return "E1001";
  return "";
}

void Oracle::Reject(const Element& element) {
  CheckOrder(element);
  CheckNeed(element);
  rejected_[element.key] = {element.deleted ? std::nullopt : std::optional(element.content), false};
}

void Oracle::Lose(const std::string& key) {
  if (held_.erase(key) == 0) return;
  lost_.insert(key);
  told_[key].confirmed = false;
}

std::string Oracle::Apply(const Element& element) {
  const std::string code = Judge(element);
  if (code == "E2002") Violate("sent under another identity than the hub holds: " + element.key);
  if (code == "E1001") {
    Reject(element);
    return code;
  }
  CheckOrder(element);
  CheckNeed(element);
  rejected_.erase(element.key);
  lost_.erase(element.key);
  if (!code.empty()) {
    told_[element.key] = {std::nullopt, false};  // it is not there, which is what was wanted
    return code;
  }
  if (element.deleted) {
    if (held_[element.key] != element.content && !doubts_.contains(element.key))
      Violate("delete with another content than is held: " + element.key);
    held_.erase(element.key);
    told_[element.key] = {std::nullopt, false};
  } else {
    held_[element.key] = element.content;
    told_[element.key] = {element.content, false};
  }
  return code;
}

void Oracle::Confirm(const std::string& key, bool accepted, bool doubtful) {
  if (accepted && doubts_.erase(key) > 0) ended_doubts_.insert(key);
  if (doubtful) doubts_.insert(key);
  for (auto* const last : {&told_, &rejected_}) {
    if (const auto found = last->find(key); found != last->end()) found->second.confirmed = true;
  }
  fresh_.insert(key);
}

void Oracle::Forget() {
  for (const std::string& key : fresh_) {
    for (auto* const last : {&told_, &rejected_}) {
      if (const auto found = last->find(key); found != last->end()) found->second.confirmed = false;
    }
  }
  doubts_.insert(ended_doubts_.begin(), ended_doubts_.end());
  Keep();
}

}  // namespace sabun::sim
