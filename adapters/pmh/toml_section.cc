#include "adapters/pmh/toml_section.h"

#include <cmath>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sabun {

absl::Status ProfileError(const toml::node& where, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat("profile:", where.source().begin.line, ": ", reason));
}

void TomlSection::Fail(const std::string& member, absl::string_view reason) {
  if (!error_.ok() || table_ == nullptr) return;
  const toml::node* const node = table_->get(member);
  error_ = ProfileError(node == nullptr ? *table_ : *node, absl::StrCat(name_, ".", member, " ", reason));
}

const toml::node* TomlSection::Take(const std::string& member) {
  read_.insert(member);
  return table_ == nullptr || !error_.ok() ? nullptr : table_->get(member);
}

TomlSection TomlSection::Section(const std::string& member) {
  const toml::node* const node = Take(member);
  if (node != nullptr && !node->is_table()) Fail(member, "must be a table");
  return TomlSection(node == nullptr ? nullptr : node->as_table(), absl::StrCat(name_, ".", member), error_);
}

void TomlSection::Text(const std::string& member, std::string& value) {
  const toml::node* const node = Take(member);
  if (node == nullptr) return;
  if (!node->is_string()) return Fail(member, "must be a text");
  value = node->as_string()->get();
}

void TomlSection::Pointer(const std::string& member, std::string& value) {
  Text(member, value);
  if (!value.empty() && !absl::StartsWith(value, "/")) Fail(member, "must start with \"/\"");
  if (absl::StrContains(value, "~")) Fail(member, "must not contain \"~\"");
}

void TomlSection::Texts(const std::string& member, std::vector<std::string>& values) {
  const toml::node* const node = Take(member);
  if (node == nullptr) return;
  const toml::array* const array = node->as_array();
  if (array == nullptr || (!array->empty() && !array->is_homogeneous(toml::node_type::string))) {
    return Fail(member, "must be an array of texts");
  }
  values.clear();
  for (const toml::node& element : *array) values.push_back(element.as_string()->get());
}

void TomlSection::Flag(const std::string& member, bool& value) {
  const toml::node* const node = Take(member);
  if (node == nullptr) return;
  if (!node->is_boolean()) return Fail(member, "must be true or false");
  value = node->as_boolean()->get();
}

void TomlSection::Number(const std::string& member, double& value, double least, double most) {
  const toml::node* const node = Take(member);
  if (node == nullptr) return;
  if (!node->is_number()) return Fail(member, "must be a number");
  const double number = *node->value<double>();
  if (!(number >= least && number <= most)) return Fail(member, absl::StrCat("must be from ", least, " to ", most));
  value = number;
}

void TomlSection::Seconds(const std::string& member, absl::Duration& value, absl::Duration most) {
  double seconds = absl::ToDoubleSeconds(value);
  Number(member, seconds, 0, absl::ToDoubleSeconds(most));
  value = absl::Seconds(seconds);
}

void TomlSection::Place(const std::string& member, int& place, const std::vector<std::string>& names) {
  std::string name = names[place];
  Text(member, name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) {
      place = static_cast<int>(i);
      return;
    }
  }
  Fail(member, absl::StrCat("must be one of ", absl::StrJoin(names, ", ")));
}

void TomlSection::Require(const std::string& member) {
  const toml::node* const node = Take(member);
  if (node == nullptr || (node->is_string() && node->as_string()->get().empty())) Fail(member, "is required");
}

void TomlSection::Finish() {
  if (table_ == nullptr || !error_.ok()) return;
  for (const auto& [key, node] : *table_) {
    if (read_.count(std::string(key.str())) > 0) continue;
    error_ = ProfileError(node, absl::StrCat(name_, ".", std::string(key.str()), " is not known"));
    return;
  }
}

}  // namespace sabun
