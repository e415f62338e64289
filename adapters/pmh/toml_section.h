// Reads a table of a profile member by member and says, with the line, what is wrong with it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sabun {

// Builds INVALID_ARGUMENT "profile:LINE: reason".
absl::Status ProfileError(const toml::node& where, absl::string_view reason);

// A table, or nothing when the profile does not have it. Every reader leaves its argument as it is when the member is
// absent. The first error is kept in the status given at construction, and everything after it does nothing. The table
// and the status must outlive the section. Not thread-safe.
class TomlSection {
 public:
  TomlSection(const toml::table* table, std::string name, absl::Status& error)
      : table_(table), name_(std::move(name)), error_(error) {}

  // The table below a member.
  TomlSection Section(const std::string& member);

  bool Has(const std::string& member) const { return table_ != nullptr && table_->contains(member); }
  void Text(const std::string& member, std::string& value);
  // As Text; one that starts with "/" or is empty, without "~".
  void Pointer(const std::string& member, std::string& value);
  void Texts(const std::string& member, std::vector<std::string>& values);
  void Flag(const std::string& member, bool& value);
  // A number from `least` to `most`.
  void Number(const std::string& member, double& value, double least, double most);
  // A whole number from `least` to `most`.
  template <typename Integer>
  void Count(const std::string& member, Integer& value, double least, double most) {
    double number = static_cast<double>(value);
    Number(member, number, least, most);
    if (number != static_cast<double>(static_cast<Integer>(number))) Fail(member, "must be a whole number");
    value = static_cast<Integer>(number);
  }
  // Seconds, whole or not, up to `most`.
  void Seconds(const std::string& member, absl::Duration& value, absl::Duration most);
  // One of `names`; its place is the result.
  template <typename Enum>
  void Choice(const std::string& member, Enum& value, const std::vector<std::string>& names) {
    int place = static_cast<int>(value);
    Place(member, place, names);
    value = static_cast<Enum>(place);
  }
  // Fails when the member is absent or an empty text.
  void Require(const std::string& member);

  // Fails on members that nobody has read.
  void Finish();

  // Records an error at a member (at the table when the member is absent).
  void Fail(const std::string& member, absl::string_view reason);

 private:
  const toml::node* Take(const std::string& member);
  void Place(const std::string& member, int& place, const std::vector<std::string>& names);

  const toml::table* table_;
  std::string name_;
  absl::Status& error_;
  std::set<std::string> read_;
};

}  // namespace sabun
