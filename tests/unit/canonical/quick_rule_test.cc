// The quick way through the rules against all rules: the same values and findings for generated rows and for what may
// become of them.
#include "engine/canonical/quick_rule.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_format.h"
#include "engine/canonical/canonicalizer.h"
#include "engine/canonical/date_rule.h"
#include "tests/unit/bench/extract.h"

namespace sabun {
namespace {

using Row = std::vector<std::string>;

// Fields and rules that the PMH profile does not have.
constexpr char kOtherProfile[] = R"(
[profile]
name = "other"
version = "1"
[record]
key = ["id"]
[[field]]
name = "id"
required = true
max_length = 12
[[field]]
name = "kana"
characters = "katakana"
max_length = 9
canonical = ["trim", "kana_fullwidth", "spaces_fold"]
[[field]]
name = "any"
characters = "any"
exact_length = 5
canonical = ["trim", "ascii_halfwidth", "digits_halfwidth"]
[[field]]
name = "compact"
type = "date"
date_formats = ["compact", "wareki_digits"]
[[field]]
name = "flag"
type = "boolean"
codes = { "" = "false", "1" = "true", "はい" = "true", "は い" = "false", "a\u0001" = "true" }
[[field]]
name = "code"
type = "code"
required = true
canonical = ["trim", "spaces_fold"]
codes = { "x y" = "1", "x" = "2", "xy" = "3", "愛" = "9" }
[[field]]
name = "list"
type = "json_array"
max_length = 40
[[field]]
name = "object"
type = "json_object"
required = true
)";

class QuickRuleTest : public testing::Test {
 protected:
  static Profile Pmh() {
    std::ostringstream text;
    text << std::ifstream(SABUN_PROFILES "pmh-certificate-history.toml").rdbuf();
    return *ParseProfile(text.str());
  }
  static std::vector<Row> Generated(bool legacy) {
    bench::GeneratorOptions options;
    options.records = 400;
    options.style.wareki = options.style.padding = legacy;
    options.error_rate = 0.05;
    std::vector<Row> rows = bench::ParseCsv(bench::MakeDay(options).rows);
    rows.erase(rows.begin());
    return rows;
  }

  // Both ways over the row.
  void Compare(const Canonicalizer& canonicalizer, const Row& row) {
    const std::vector<absl::string_view> raw(row.begin(), row.end());
    std::vector<Finding> quick_found, found;
    slow_.set_quick(false);
    const bool quick_valid = canonicalizer.Run(raw, &quick_, &quick_found);
    const bool valid = canonicalizer.Run(raw, &slow_, &found);
    ASSERT_EQ(quick_valid, valid) << testing::PrintToString(row);
    ASSERT_EQ(quick_.get(), slow_.get()) << testing::PrintToString(row);
    ASSERT_EQ(quick_found.size(), found.size()) << testing::PrintToString(row);
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_TRUE(quick_found[i].code == found[i].code && quick_found[i].field == found[i].field)
          << testing::PrintToString(row) << found[i].code->code << found[i].field;
    }
    valid_ += valid ? 1 : 0;
  }

  unsigned Below(size_t bound) { return static_cast<unsigned>(random_() % bound); }
  template <size_t kSize>
  std::string Any(const char* const (&pieces)[kSize]) {
    return pieces[Below(kSize)];
  }
  std::string Space() { return Below(4) == 0 ? Any({" ", "  ", "\n", "\t", "\u3000", "\r\n"}) : ""; }
  std::string Json(int depth) {
    const unsigned kind = Below(depth == 0 ? 2 : 4);
    if (kind == 0) {
      return Any({"0",
                  "-0",
                  "1",
                  "-7",
                  "01",
                  "-",
                  "123456789012345678",
                  "1234567890123456789",
                  "18446744073709551615",
                  "18446744073709551616",
                  "-9223372036854775809",
                  "1.0",
                  "1.50",
                  "1e2",
                  "1E+2",
                  "1e999",
                  "null",
                  "true",
                  "false",
                  "nul",
                  "truex",
                  "",
                  "+1",
                  "NaN",
                  "５"});
    }
    if (kind == 1) {
      return Any({"\"\"", "\"a\"", "\"愛\"", "\"é\"", "\"a b\"", "\"\\u0061\"", "\"\\\"\"", "\"\\/\"", "\"\\x\"", "\"",
                  "\"ｱ\"", "\"𠮷\"", "\"\x01\"", "\"\xE3\"", "\"/\"", "\"１\u3000\"", "'a'", "\"\x7F\""});
    }
    std::string text = kind == 2 ? "[" : "{";
    const unsigned size = Below(4);
    for (unsigned i = 0; i < size; ++i) {
      if (i > 0) text += Space() + (Below(40) == 0 ? ";" : ",") + Space();
      if (kind == 3) {
        text +=
            Any({"\"a\"", "\"a \"", "\"a!\"", "\"b\"", "\"ab\"", "\"愛\"", "\"知\"", "\"\"", "\"\\u0061\"", "\"B\""});
        text += Space() + ":" + Space();
      }
      text += Json(depth - 1);
    }
    return text + Space() + (kind == 2 ? "]" : "}") + (Below(40) == 0 ? "," : "");
  }
  // JSON that is right more often than not.
  std::string SimpleJson(int depth) {
    if (depth == 0 || Below(3) == 0) return Any({"0", "12", "\"愛\"", "\"\"", "true", "null", "-5", "\"x\\n\"", "2.5"});
    const bool array = Below(2) == 0;
    std::string text = array ? "[" : "{";
    int name = static_cast<int>(Below(3));
    for (unsigned size = Below(4), i = 0; i < size; ++i) {
      if (i > 0) text += Below(6) == 0 ? " , " : ",";
      name += Below(5) == 0 ? -1 : 1;
      if (!array) text += "\"n" + std::to_string(name) + "\":";
      text += SimpleJson(depth - 1);
    }
    return text + (array ? "]" : "}");
  }
  std::string Piece() {
    return Any({"",       " ",       "  ",   "\u3000", "\u3000\u3000", "\t",     "\n",       "\r\n",
                "１",     "Ａ",      "（",   "ｱ",      "ｶﾞ",           "ﾞ",      "カ\u3099", "\u302A",
                "é",      "e\u0301", "愛",   "𠮷",     "\uE000",       "\uFEFF", "\uFFFD",   "\uFF00",
                "\uFF5E", "\uFF61",  "\x01", "\x7F",   "\x80",         "\xE3",   "\xE3\x81", "\xFF",
                "0",      "9",       "-",    "Z",      "\"",           "\\",     "\xC2\x85", "\uFA19",
                "〜",     "—",       "x y",  "はい",   "平成"});
  }
  std::string Date() {
    const std::string era = Any({"平成", "令和", "H", "R", "昭", "㍻", "M", "大正", "", "20", "19"});
    const std::string sign = Any({".", "/", "-", "年", "", "－"});
    const auto two = [&] { return Below(3) == 0 ? std::to_string(Below(40)) : "0" + std::to_string(1 + Below(9)); };
    return era + two() + sign + two() + (sign == "年" ? "月" : sign) + two() + (sign == "年" ? "日" : "");
  }
  void Mutate(const Profile& profile, Row* row) {
    const size_t field = Below(row->size());
    std::string& value = (*row)[field];
    switch (Below(9)) {
      case 0:
        value = "";
        break;
      case 1:
        value = Piece();
        break;
      case 2:
        value = (*row)[Below(row->size())];
        break;
      case 3:
        value = Json(static_cast<int>(Below(5)));
        break;
      case 4:
        value = profile.fields[field].type == FieldType::kDate ? Date() : SimpleJson(4);
        break;
      case 5:
        value = Below(2) == 0 ? Piece() + value : value + Piece();
        break;
      case 6:
        if (!value.empty()) value.erase(Below(value.size()), 1 + Below(3));
        break;
      case 7:
        if (!value.empty()) value[Below(value.size())] = static_cast<char>(random_());
        break;
      default:
        value.insert(Below(value.size() + 1), Piece());
    }
  }

  std::mt19937 random_{20261122};
  CanonicalValues quick_, slow_;
  size_t valid_ = 0;
};

TEST_F(QuickRuleTest, GeneratedRowsAreTheSame) {
  const Profile profile = Pmh();
  const Canonicalizer canonicalizer(profile);
  for (const bool legacy : {false, true}) {
    for (const Row& row : Generated(legacy)) Compare(canonicalizer, row);
  }
  EXPECT_GT(valid_, 700u);
}

TEST_F(QuickRuleTest, ChangedRowsAreTheSame) {
  const Profile profile = Pmh();
  const Canonicalizer canonicalizer(profile);
  for (const bool legacy : {false, true}) {
    for (const Row& row : Generated(legacy)) {
      for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
        Row changed = row;
        for (unsigned changes = 1 + Below(4); changes > 0; --changes) Mutate(profile, &changed);
        Compare(canonicalizer, changed);
      }
    }
  }
  EXPECT_GT(valid_, 5'000u);
}

TEST_F(QuickRuleTest, FieldsOfEveryKindAreTheSame) {
  const auto profile = ParseProfile(kOtherProfile);
  ASSERT_TRUE(profile.ok()) << profile.status();
  const Canonicalizer canonicalizer(*profile);
  const Row kRow = {"A1", "アイチ ハナコ", "愛知a12", "20250401", "1", "x y", "[1,{\"b\":1}]", "{\"a\":[]}"};
  for (int round = 0; round < 60'000 && !HasFatalFailure(); ++round) {
    Row changed = kRow;
    for (unsigned changes = Below(4); changes > 0; --changes) Mutate(*profile, &changed);
    if (Below(4) == 0) changed[4] = Any({"", "は い", "a\x01", " 1", "はい "});
    if (Below(4) == 0) changed[5] = Any({"", "x  y", "x\u3000y", "xy", "x\ny", "愛", "z"});
    Compare(canonicalizer, changed);
  }
  EXPECT_GT(valid_, 5'000u);
}

TEST_F(QuickRuleTest, DatesAreTheSame) {
  for (int year : {0, 1872, 1873, 1900, 1999, 2000, 2023, 2024, 9999}) {
    for (int month = 0; month <= 13; ++month) {
      for (int day = 0; day <= 32; ++day) {
        const std::string text = absl::StrFormat("%04d-%02d-%02d", year, month, day);
        std::string out;
        EXPECT_EQ(IsCanonicalDate(text), CanonicalDate(text, kDateIso, &out)) << text;
      }
    }
  }
}

TEST_F(QuickRuleTest, DeepJsonIsTheSame) {
  const auto profile = ParseProfile(kOtherProfile);
  const Canonicalizer canonicalizer(*profile);
  for (int depth = kMaxJsonDepth - 2; depth <= kMaxJsonDepth + 2; ++depth) {
    const std::string arrays = std::string(depth, '[') + std::string(depth, ']');
    Compare(canonicalizer, {"1", "", "", "", "", "x", "[]", "{\"a\":" + arrays + "}"});
    Compare(canonicalizer, {"1", "", "", "", "", "x", "[]", "{\"b\":1,\"a\":" + arrays + "}"});
    Compare(canonicalizer, {"1", "", "", "", "", "x", "[" + arrays + "]", "{}"});
  }
  EXPECT_EQ(valid_, 4u);
}

TEST(JsonOutline, SimpleJsonNeedsNoOtherWay) {
  JsonOutline outline;
  std::string out;
  absl::string_view value;
  const absl::string_view canonical = R"([{"itemCode":"06","value":"なし"},{"a":{"b":[1,-2,true,null]}}])";
  EXPECT_TRUE(outline.Run(canonical, JsonShape::kArrayOfObjects, &out, &value));
  EXPECT_EQ(value.data(), canonical.data());
  EXPECT_TRUE(outline.Run(R"({ "outpatient":600, "inpatient":{"b":1,"a":[{}]} })", JsonShape::kObject, &out, &value));
  EXPECT_EQ(value, R"({"inpatient":{"a":[{}],"b":1},"outpatient":600})");
  EXPECT_FALSE(outline.Run(R"({"b":1,"a":1,"b":1})", JsonShape::kObject, &out, &value));
}

}  // namespace
}  // namespace sabun
