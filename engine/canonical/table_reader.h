// Reads one table of a profile, with errors that say line and reason.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sabun {

// INVALID_ARGUMENT "profile:LINE: reason / reason_ja".
absl::Status ProfileError(uint32_t line, absl::string_view reason, absl::string_view reason_ja);

// A word of the profile and what it stands for.
template <typename T>
using Word = std::pair<absl::string_view, T>;

// Getters answer a default where a member is absent or wrong. Only the first error of all readers that share `error` is
// kept, so a caller reads everything and looks at the error once. Not thread safe; the table must outlive the reader.
class TableReader {
 public:
  TableReader(const toml::table& table, absl::Status* error) : table_(table), error_(error) {}

  // Every member must be one of `known`; the error names the nearest known one.
  void OnlyMembers(absl::Span<const absl::string_view> known);

  bool Has(absl::string_view member) const;
  // 1 to `max_bytes` bytes without control characters; "" when absent.
  std::string Text(absl::string_view member, size_t max_bytes = 1000);
  std::string RequiredText(absl::string_view member, size_t max_bytes = 1000);
  bool Flag(absl::string_view member);
  // 1 to `max`; `absent` when absent.
  uint32_t Count(absl::string_view member, uint32_t max, uint32_t absent);
  // An array of different texts, not empty; empty when absent.
  std::vector<std::string> Texts(absl::string_view member);
  // An array of arrays of texts; empty when absent.
  std::vector<std::vector<std::string>> TextLists(absl::string_view member);
  // A table of texts, ascending by name; empty when absent.
  std::vector<std::pair<std::string, std::string>> TextTable(absl::string_view member);

  // One of `words`; `absent` when absent.
  template <typename T>
  T Choice(absl::string_view member, absl::Span<const Word<T>> words, T absent) {
    const std::string text = Text(member);
    if (text.empty()) return absent;
    const Word<T>* word = FindWord(member, text, words);
    return word == nullptr ? absent : word->second;
  }
  // The bits of the array's words together; `absent` when absent.
  uint32_t Bits(absl::string_view member, absl::Span<const Word<uint32_t>> words, uint32_t absent);

  // Notes an error at the member, or at the table when there is no such member.
  void Fail(absl::string_view member, absl::string_view reason, absl::string_view reason_ja);

 private:
  template <typename T>
  const Word<T>* FindWord(absl::string_view member, absl::string_view text, absl::Span<const Word<T>> words) {
    std::vector<absl::string_view> known;
    for (const Word<T>& word : words) {
      if (word.first == text) return &word;
      known.push_back(word.first);
    }
    FailUnknown(member, text, known);
    return nullptr;
  }
  void FailUnknown(absl::string_view member, absl::string_view text, absl::Span<const absl::string_view> known);
  const toml::node* Find(absl::string_view member) const;
  const toml::array* FindArray(absl::string_view member);
  std::vector<std::string> TextsOf(absl::string_view member, const toml::array& array);

  const toml::table& table_;
  absl::Status* error_;
};

}  // namespace sabun
