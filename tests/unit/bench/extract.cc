#include "tests/unit/bench/extract.h"

#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sabun::bench {
namespace {

// A field without the padding that the generator adds at its end.
std::string Trimmed(absl::string_view field) {
  while (absl::ConsumeSuffix(&field, " ") || absl::ConsumeSuffix(&field, "\u3000")) {
  }
  return std::string(field);
}

Fields Trimmed(Fields fields) {
  for (std::string& field : fields) field = Trimmed(field);
  return fields;
}

const char* OpOf(const Fields& before, const Fields& after) {
  if (before == after) return "";
  if (Trimmed(before) == Trimmed(after)) return "cosmetic";
  return before[kMyNumber] == after[kMyNumber] ? "update" : "reissue";
}

}  // namespace

std::vector<Fields> ParseCsv(const std::string& text) {
  std::vector<Fields> rows(1, Fields(1));
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (byte == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"')
        rows.back().back() += text[++i];
      else
        quoted = !quoted;
    } else if (byte == ',' && !quoted) {
      rows.back().emplace_back();
    } else if (byte == '\n' && !quoted) {
      rows.emplace_back(1);
    } else {
      rows.back().back() += byte;
    }
  }
  if (rows.back() == Fields(1)) rows.pop_back();
  return rows;
}

Day MakeDay(const GeneratorOptions& options) {
  StringSink rows, truth;
  const auto counts = WriteDay(options, &rows, &truth);
  EXPECT_TRUE(counts.ok()) << counts.status();
  return {rows.text(), truth.text()};
}

std::map<Key, Fields> ByKey(const std::string& rows, size_t first) {
  std::map<Key, Fields> by_key;
  std::vector<Fields> parsed = ParseCsv(rows);
  for (size_t i = 1; i < parsed.size(); ++i) {
    const Key key(parsed[i].at(first), parsed[i].at(first + 1));
    EXPECT_TRUE(by_key.emplace(key, std::move(parsed[i])).second) << "key given twice: " << key.second;
  }
  return by_key;
}

std::map<Key, std::string> TruthByKey(const std::string& truth) {
  std::map<Key, std::string> by_key;
  for (const absl::string_view line : absl::StrSplit(truth, '\n', absl::SkipEmpty())) {
    // {"op":"add","key":["A","B"]…: quoted words are at the odd places.
    const std::vector<std::string> parts = absl::StrSplit(line, '"');
    EXPECT_TRUE(by_key.emplace(Key(parts.at(7), parts.at(9)), parts.at(3)).second) << line;
  }
  return by_key;
}

std::map<Key, std::string> CompareDays(const std::map<Key, Fields>& before, const std::map<Key, Fields>& after) {
  std::map<Key, std::string> ops;
  for (const auto& [key, fields] : before) {
    const auto found = after.find(key);
    const absl::string_view op = found == after.end() ? "delete" : OpOf(fields, found->second);
    if (!op.empty()) ops.emplace(key, std::string(op));
  }
  for (const auto& [key, fields] : after) {
    if (before.count(key) == 0) ops.emplace(key, "add");
  }
  return ops;
}

}  // namespace sabun::bench
