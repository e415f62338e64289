// What must be true, in std::maps: what the source wants, what the hub was told, and in which order that may be.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sabun::sim {

// The content of a record: a My Number (its identity) and a name. Names that begin with "R" are rejected by the hub's
// rules, those with "P" spoil the call that they are in.
struct Content {
  std::string my_number, name;
  friend auto operator<=>(const Content&, const Content&) = default;
};
using Records = std::map<std::string, Content>;

// One element of a call to the hub.
struct Element {
  std::string key;
  Content content;
  bool deleted = false;
};

// The hub's record and the source's wishes. Every element must be a step forward along what was wanted of its record,
// and needed. What breaks that is a violation.
class Oracle {
 public:
  // An applied snapshot, or an approved change set, wants this from now on.
  void Want(const Records& next);
  const Records& wanted() const { return wanted_; }
  const Records& held() const { return held_; }
  // The hub's record for the tests of the oracle.
  void Violate(const std::string& what) { violations_.push_back(what); }
  const std::vector<std::string>& violations() const { return violations_; }

  // The hub applies one element; the code of a rejection, empty when it is accepted.
  std::string Apply(const Element& element);
  // The hub rejects it whatever it is.
  void Reject(const Element& element);
  // The engine has the hub's word on the record's last element: sending it again is needless from now on. A doubtful
  // rejection leaves it in doubt what the hub holds, until it accepts something: then it may be told what it holds, or
  // to delete what it does not.
  void Confirm(const std::string& key, bool accepted = true, bool doubtful = false);
  // The engine may have a doubtful rejection on record without anybody knowing.
  void Doubt(const std::string& key) { doubts_.insert(key); }
  // Records whose state at the hub the engine cannot know.
  size_t doubts() const { return doubts_.size(); }
  // The hub loses a record that it holds, until it is told of it again.
  void Lose(const std::string& key);
  size_t losses() const { return lost_.size(); }
  bool is_lost(const std::string& key) const { return lost_.contains(key); }
  bool in_doubt(const std::string& key) const { return doubts_.contains(key); }
  // What was confirmed so far is durable.
  void Keep() {
    fresh_.clear();
    ended_doubts_.clear();
  }
  // What was confirmed and is not durable is forgotten.
  void Forget();
  // Somebody retries what was rejected.
  void Retry() { rejected_.clear(); }

  bool takes_everything = false;

 private:
  struct Told {
    std::optional<Content> content;  // nothing: it was deleted
    bool confirmed = false;
  };
  std::string Judge(const Element& element) const;
  void CheckOrder(const Element& element);
  void CheckNeed(const Element& element);

  Records wanted_, held_;
  std::map<std::string, std::deque<std::optional<Content>>> path_;  // wanted of a record and not passed by the hub yet
  std::map<std::string, Told> told_;                                // the last element that was applied
  std::map<std::string, Told> rejected_;                            // the last element that was rejected
  std::set<std::string> fresh_;
  std::set<std::string> doubts_, lost_;
  std::set<std::string> ended_doubts_;  // by receipts that are not durable yet
  std::vector<std::string> violations_;
};

}  // namespace sabun::sim
