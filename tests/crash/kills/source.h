// The municipality's own system: a few records that change every day, by a seed.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace sabun::kills {

// What of a record changes. The hub of these tests refuses a recipient number that begins with 9 in its result, and the
// whole call because of one that begins with 8.
struct Content {
  std::string my_number;
  std::string recipient;

  bool refused() const { return recipient[0] >= '8'; }
  auto operator<=>(const Content&) const = default;
};

// Not thread safe. The same seed and the same calls give the same days.
class Source {
 public:
  Source(uint64_t seed, size_t records);

  // Some records change, come, go, get another My Number, go back to what they were, or become refused ones.
  void NextDay();
  // A share of the records is withdrawn at once: more than the guard permits.
  void WithdrawMany();
  // Some records are refused with the whole call.
  void Poison();
  // Every record changes.
  void ChangeAll();
  // The extract of the day. Errors: UNAVAILABLE.
  absl::Status Write(const std::string& path) const;

  // By history key.
  const std::map<std::string, Content>& records() const { return records_; }
  size_t refused() const;
  // Whether the record, gone or not, ever had a content that the hub refuses.
  bool WasRefused(const std::string& key) const { return refused_.contains(key); }
  // Whether the record ever had this content while the hub would take it.
  bool EverHad(const std::string& key, const Content& content) const;

 private:
  uint64_t Draw(uint64_t below) { return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_); }
  std::map<std::string, Content>::iterator Any();
  void Put(const std::string& key, Content content);
  void Add();
  std::string NewNumber();
  std::string NewRecipient(char first);

  std::mt19937_64 random_;
  const size_t size_;
  uint64_t next_ = 0;
  std::map<std::string, Content> records_;
  std::map<std::string, std::set<Content>> history_;
  std::set<std::string> refused_;
};

}  // namespace sabun::kills
