#include "engine/canonical/table_reader.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/canonical/text_rules.h"

namespace sabun {
namespace {

std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }
absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

uint32_t LineOf(const toml::node& node) { return std::max<uint32_t>(1, node.source().begin.line); }

// Number of single-character insertions, deletions and replacements between two words.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

absl::string_view Nearest(absl::string_view word, absl::Span<const absl::string_view> known) {
  const auto nearer = [word](absl::string_view a, absl::string_view b) {
    return EditDistance(word, a) < EditDistance(word, b);
  };
  return *std::min_element(known.begin(), known.end(), nearer);
}

}  // namespace

absl::Status ProfileError(uint32_t line, absl::string_view reason, absl::string_view reason_ja) {
  return absl::InvalidArgumentError(absl::StrCat("profile:", line, ": ", reason, " / ", reason_ja));
}

void TableReader::Fail(absl::string_view member, absl::string_view reason, absl::string_view reason_ja) {
  if (!error_->ok()) return;
  const toml::node* node = Find(member);
  *error_ = ProfileError(node == nullptr ? LineOf(table_) : LineOf(*node), reason, reason_ja);
}

void TableReader::FailUnknown(absl::string_view member, absl::string_view text,
                              absl::Span<const absl::string_view> known) {
  const std::string shown(text.substr(0, 100));
  const absl::string_view nearest = Nearest(shown, known);
  Fail(member, absl::StrCat("unknown name \"", shown, "\"; did you mean \"", nearest, "\"?"),
       absl::StrCat("「", shown, "」という名前はありません。「", nearest, "」ではありませんか"));
}

void TableReader::OnlyMembers(absl::Span<const absl::string_view> known) {
  // The table iterates by name; the error is to be the one that stands first in the file.
  const toml::node* first = nullptr;
  absl::string_view name;
  for (const auto& [key, node] : table_) {
    if (std::find(known.begin(), known.end(), Absl(key.str())) != known.end()) continue;
    if (first != nullptr && LineOf(*first) <= LineOf(node)) continue;
    first = &node;
    name = Absl(key.str());
  }
  if (first != nullptr) FailUnknown(name, name, known);
}

const toml::node* TableReader::Find(absl::string_view member) const { return table_.get(Std(member)); }

bool TableReader::Has(absl::string_view member) const { return Find(member) != nullptr; }

std::string TableReader::Text(absl::string_view member, size_t max_bytes) {
  const toml::node* node = Find(member);
  if (node == nullptr) return "";
  const toml::value<std::string>* text = node->as_string();
  if (text == nullptr) {
    Fail(member, absl::StrCat(member, " must be a text"), absl::StrCat(member, "は文字列で書きます"));
    return "";
  }
  const TextSurvey survey = SurveyText(text->get());
  if (text->get().empty() || text->get().size() > max_bytes || !survey.valid || survey.breaks || survey.control) {
    Fail(member, absl::StrCat(member, " must have 1 to ", max_bytes, " bytes and no control characters"),
         absl::StrCat(member, "は1～", max_bytes, "バイトで、制御文字は使えません"));
    return "";
  }
  return text->get();
}

std::string TableReader::RequiredText(absl::string_view member, size_t max_bytes) {
  if (!Has(member)) Fail(member, absl::StrCat(member, " is missing"), absl::StrCat(member, "がありません"));
  return Text(member, max_bytes);
}

bool TableReader::Flag(absl::string_view member) {
  const toml::node* node = Find(member);
  if (node == nullptr) return false;
  const toml::value<bool>* flag = node->as_boolean();
  if (flag == nullptr) {
    Fail(member, absl::StrCat(member, " must be true or false"), absl::StrCat(member, "はtrueかfalseで書きます"));
    return false;
  }
  return flag->get();
}

uint32_t TableReader::Count(absl::string_view member, uint32_t max, uint32_t absent) {
  const toml::node* node = Find(member);
  if (node == nullptr) return absent;
  const toml::value<int64_t>* count = node->as_integer();
  if (count == nullptr || count->get() < 1 || count->get() > max) {
    Fail(member, absl::StrCat(member, " must be a whole number from 1 to ", max),
         absl::StrCat(member, "は1～", max, "の整数で書きます"));
    return absent;
  }
  return static_cast<uint32_t>(count->get());
}

const toml::array* TableReader::FindArray(absl::string_view member) {
  const toml::node* node = Find(member);
  if (node == nullptr) return nullptr;
  const toml::array* array = node->as_array();
  if (array == nullptr || array->empty()) {
    Fail(member, absl::StrCat(member, " must be an array that is not empty"),
         absl::StrCat(member, "は空でない配列で書きます"));
    return nullptr;
  }
  return array;
}

std::vector<std::string> TableReader::TextsOf(absl::string_view member, const toml::array& array) {
  std::vector<std::string> texts;
  for (const toml::node& element : array) {
    const toml::value<std::string>* text = element.as_string();
    if (text == nullptr || std::find(texts.begin(), texts.end(), text->get()) != texts.end()) {
      Fail(member, absl::StrCat(member, " must list different texts"),
           absl::StrCat(member, "には異なる文字列を並べます"));
      return {};
    }
    texts.push_back(text->get());
  }
  return texts;
}

std::vector<std::string> TableReader::Texts(absl::string_view member) {
  const toml::array* array = FindArray(member);
  return array == nullptr ? std::vector<std::string>() : TextsOf(member, *array);
}

std::vector<std::vector<std::string>> TableReader::TextLists(absl::string_view member) {
  std::vector<std::vector<std::string>> lists;
  const toml::array* array = FindArray(member);
  if (array == nullptr) return lists;
  for (const toml::node& element : *array) {
    const toml::array* list = element.as_array();
    if (list == nullptr) {
      Fail(member, absl::StrCat(member, " must list arrays"), absl::StrCat(member, "には配列を並べます"));
      return {};
    }
    lists.push_back(TextsOf(member, *list));
  }
  return lists;
}

std::vector<std::pair<std::string, std::string>> TableReader::TextTable(absl::string_view member) {
  std::vector<std::pair<std::string, std::string>> entries;
  const toml::node* node = Find(member);
  if (node == nullptr) return entries;
  const toml::table* table = node->as_table();
  if (table == nullptr || table->empty()) {
    Fail(member, absl::StrCat(member, " must be a table that is not empty"),
         absl::StrCat(member, "は空でない表で書きます"));
    return entries;
  }
  TableReader reader(*table, error_);
  for (const auto& [key, value] : *table) {
    entries.emplace_back(std::string(key.str()), reader.Text(Absl(key.str())));
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

uint32_t TableReader::Bits(absl::string_view member, absl::Span<const Word<uint32_t>> words, uint32_t absent) {
  const std::vector<std::string> texts = Texts(member);
  if (texts.empty()) return absent;
  uint32_t bits = 0;
  for (const std::string& text : texts) {
    const Word<uint32_t>* word = FindWord(member, text, words);
    if (word != nullptr) bits |= word->second;
  }
  return bits;
}

}  // namespace sabun
