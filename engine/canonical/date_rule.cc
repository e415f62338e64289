#include "engine/canonical/date_rule.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "engine/canonical/text_rules.h"

namespace sabun {
namespace {

struct Day {
  int year = 0;
  int month = 0;
  int day = 0;
  int Number() const { return year * 10000 + month * 100 + day; }
};

struct Era {
  absl::string_view name;
  absl::string_view initial;
  absl::string_view square;  // The one character of the computer's own sets.
  int year_before;           // The Western year before the era's year 1.
  int first;                 // YYYYMMDD
  int last;
  char letter;
  char digit;
};

constexpr Era kEras[] = {
    {"明治", "明", "㍾", 1867, 18730101, 19120730, 'M', '1'},  {"大正", "大", "㍽", 1911, 19120730, 19261225, 'T', '2'},
    {"昭和", "昭", "㍼", 1925, 19261225, 19890107, 'S', '3'},  {"平成", "平", "㍻", 1988, 19890108, 20190430, 'H', '4'},
    {"令和", "令", "㋿", 2018, 20190501, 99991231, 'R', '5'},
};

bool Exists(const Day& day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (day.year < 1873 || day.year > 9999 || day.month < 1 || day.month > 12 || day.day < 1) return false;
  if (day.day <= kDays[day.month - 1]) return true;
  const bool leap = day.year % 4 == 0 && (day.year % 100 != 0 || day.year % 400 == 0);
  return day.month == 2 && day.day == 29 && leap;
}

// Takes numbers and signs off the front of a text. Once something is missing, everything after is too.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : rest_(text) {}

  // A number of `min` to `max` digits. Spaces may pad it only when its length may vary.
  int Number(size_t min, size_t max) {
    if (min != max) SkipSpaces();
    size_t size = 0;
    int value = 0;
    while (size < rest_.size() && size < max && absl::ascii_isdigit(rest_[size]))
      value = value * 10 + (rest_[size++] - '0');
    if (size < min) failed_ = true;
    rest_.remove_prefix(size);
    return value;
  }
  bool Take(absl::string_view sign) {
    if (!absl::StartsWith(rest_, sign)) return false;
    rest_.remove_prefix(sign.size());
    return true;
  }
  void Expect(absl::string_view sign) {
    SkipSpaces();
    if (!Take(sign)) failed_ = true;
  }
  void SkipSpaces() {
    while (Take(" ")) {
    }
  }
  void Fail() { failed_ = true; }
  bool Done() const { return !failed_ && rest_.empty(); }
  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
  bool failed_ = false;
};

bool AllDigits(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return !text.empty();
}

// Month and day after the year: 年 月 日, or one sign twice.
void TakeMonthAndDay(Cursor* cursor, Day* day, absl::string_view signs) {
  cursor->SkipSpaces();
  if (cursor->Take("年")) {
    day->month = cursor->Number(1, 2);
    cursor->Expect("月");
    day->day = cursor->Number(1, 2);
    return cursor->Expect("日");
  }
  const absl::string_view sign = cursor->rest().substr(0, 1);
  if (sign.empty() || !absl::StrContains(signs, sign)) return cursor->Fail();
  cursor->Take(sign);
  day->month = cursor->Number(1, 2);
  cursor->Expect(sign);
  day->day = cursor->Number(1, 2);
}

bool InEra(const Era& era, Day* day) {
  if (day->year < 1) return false;
  day->year += era.year_before;
  return Exists(*day) && day->Number() >= era.first && day->Number() <= era.last;
}

bool ParseCompactEra(absl::string_view text, const Era& era, Day* day) {
  Cursor cursor(text);
  day->year = cursor.Number(2, 2);
  day->month = cursor.Number(2, 2);
  day->day = cursor.Number(2, 2);
  return cursor.Done() && InEra(era, day);
}

bool ParseWestern(absl::string_view text, uint32_t formats, Day* day) {
  Cursor cursor(text);
  day->year = cursor.Number(4, 4);
  const absl::string_view rest = cursor.rest();
  if (absl::StartsWith(rest, "-")) {
    if (!(formats & kDateIso)) return false;
    cursor.Take("-");
    day->month = cursor.Number(2, 2);
    cursor.Expect("-");
    day->day = cursor.Number(2, 2);
  } else if (AllDigits(rest)) {
    if (!(formats & kDateCompact)) return false;
    day->month = cursor.Number(2, 2);
    day->day = cursor.Number(2, 2);
  } else {
    if (!(formats & (absl::StartsWith(rest, "/") ? kDateSlash : kDateKanji))) return false;
    TakeMonthAndDay(&cursor, day, "/");
  }
  return cursor.Done() && Exists(*day);
}

bool ParseEra(absl::string_view text, uint32_t formats, Day* day) {
  for (const Era& era : kEras) {
    Cursor cursor(text);
    uint32_t format = kDateWarekiKanji;
    if (!cursor.Take(era.name) && !cursor.Take(era.initial) && !cursor.Take(era.square)) {
      if (absl::ascii_toupper(static_cast<unsigned char>(text[0])) != era.letter) continue;
      cursor.Take(text.substr(0, 1));
      format = kDateWarekiLatin;
    }
    if (!(formats & format)) return false;
    if (format == kDateWarekiLatin && cursor.rest().size() == 6 && AllDigits(cursor.rest())) {
      return ParseCompactEra(cursor.rest(), era, day);
    }
    cursor.SkipSpaces();
    day->year = cursor.Take("元") ? 1 : cursor.Number(1, 2);
    TakeMonthAndDay(&cursor, day, "./-");
    return cursor.Done() && InEra(era, day);
  }
  return false;
}

bool ParseDay(absl::string_view text, uint32_t formats, Day* day) {
  if (text.empty()) return false;
  if (!absl::ascii_isdigit(text[0])) return ParseEra(text, formats, day);
  if (text.size() != 7 || !AllDigits(text)) return ParseWestern(text, formats, day);
  if (!(formats & kDateWarekiDigits)) return false;
  for (const Era& era : kEras) {
    if (text[0] == era.digit) return ParseCompactEra(text.substr(1), era, day);
  }
  return false;
}

void Write(int value, int digits, std::string* out) {
  const size_t end = out->size() + digits;
  out->resize(end);
  for (size_t i = end; digits > 0; --digits, value /= 10) (*out)[--i] = static_cast<char>('0' + value % 10);
}

}  // namespace

bool IsCanonicalDate(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int wrong = 0;
  const auto digit = [&](size_t i) {
    wrong |= absl::ascii_isdigit(static_cast<unsigned char>(text[i])) ? 0 : 1;
    return text[i] - '0';
  };
  const auto two = [&](size_t i) { return digit(i) * 10 + digit(i + 1); };
  const Day day{two(0) * 100 + two(2), two(5), two(8)};
  return wrong == 0 && Exists(day);
}

bool CanonicalDate(absl::string_view text, uint32_t formats, std::string* out) {
  // Longer than any form, with padding to spare; keeps the work on nonsense small.
  if (text.size() > 100) return false;
  Day day;
  if (SurveyText(text).ascii) {
    if (!ParseDay(text, formats, &day)) return false;
  } else {
    std::string half_width;
    ApplyTextRules(text, kTrim | kAsciiHalfwidth | kSpacesFold, &half_width);
    if (!ParseDay(half_width, formats, &day)) return false;
  }
  out->clear();
  Write(day.year, 4, out);
  out->push_back('-');
  Write(day.month, 2, out);
  out->push_back('-');
  Write(day.day, 2, out);
  return true;
}

}  // namespace sabun
