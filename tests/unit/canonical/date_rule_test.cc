#include "engine/canonical/date_rule.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

constexpr uint32_t kAll = 127;

std::string Canonical(absl::string_view text, uint32_t formats = kAll) {
  std::string out = "before";
  return CanonicalDate(text, formats, &out) ? out : "error";
}

struct Form {
  const char* text;
  uint32_t format;
  const char* day;
};

constexpr Form kForms[] = {
    {"2013-01-01", kDateIso, "2013-01-01"},
    {"２０１３－０１－０１", kDateIso, "2013-01-01"},
    {"9999-12-31", kDateIso, "9999-12-31"},
    {"1873-01-01", kDateIso, "1873-01-01"},
    {"2024-02-29", kDateIso, "2024-02-29"},
    {"2000-02-29", kDateIso, "2000-02-29"},
    {"2013/01/01", kDateSlash, "2013-01-01"},
    {"2013/1/1", kDateSlash, "2013-01-01"},
    {"2013/ 1/ 1", kDateSlash, "2013-01-01"},
    {"20130101", kDateCompact, "2013-01-01"},
    {"２０１３０１０１", kDateCompact, "2013-01-01"},
    {"2013年1月1日", kDateKanji, "2013-01-01"},
    {"2013年　1月　1日", kDateKanji, "2013-01-01"},
    {"平成25年1月1日", kDateWarekiKanji, "2013-01-01"},
    {"平成２５年０１月０１日", kDateWarekiKanji, "2013-01-01"},
    {"平成 5年 1月 1日", kDateWarekiKanji, "1993-01-01"},
    {"平25.1.1", kDateWarekiKanji, "2013-01-01"},
    {"㍻25/1/1", kDateWarekiKanji, "2013-01-01"},
    {"令和元年5月1日", kDateWarekiKanji, "2019-05-01"},
    {"令和1年5月1日", kDateWarekiKanji, "2019-05-01"},
    {"昭和64年1月7日", kDateWarekiKanji, "1989-01-07"},
    {"明治33年12月31日", kDateWarekiKanji, "1900-12-31"},
    {"H25.1.1", kDateWarekiLatin, "2013-01-01"},
    {"H25/01/01", kDateWarekiLatin, "2013-01-01"},
    {"h25-1-1", kDateWarekiLatin, "2013-01-01"},
    {"Ｈ２５．１．１", kDateWarekiLatin, "2013-01-01"},
    {"H25. 1. 1", kDateWarekiLatin, "2013-01-01"},
    {"H25年1月1日", kDateWarekiLatin, "2013-01-01"},
    {"R元.5.1", kDateWarekiLatin, "2019-05-01"},
    {"R1.5.1", kDateWarekiLatin, "2019-05-01"},
    {"H250101", kDateWarekiLatin, "2013-01-01"},
    {"4250101", kDateWarekiDigits, "2013-01-01"},
    {"5010501", kDateWarekiDigits, "2019-05-01"},
    {"3640107", kDateWarekiDigits, "1989-01-07"},
    {"2011225", kDateWarekiDigits, "1912-12-25"},
    {"1330101", kDateWarekiDigits, "1900-01-01"},
};

TEST(DateRule, EveryFormIsTaken) {
  for (const Form& form : kForms) EXPECT_EQ(Canonical(form.text, form.format), form.day) << form.text;
}

TEST(DateRule, FormNotInTheProfileIsAnError) {
  for (const Form& form : kForms) EXPECT_EQ(Canonical(form.text, kAll & ~form.format), "error") << form.text;
}

TEST(DateRule, ErasBeginAndEndAsTheEdictsSay) {
  const Form kBounds[] = {
      {"M6.1.1", 0, "1873-01-01"},    {"M5.12.2", 0, "error"},
      {"M45.7.30", 0, "1912-07-30"},  {"M45.7.31", 0, "error"},
      {"T1.7.29", 0, "error"},        {"T1.7.30", 0, "1912-07-30"},
      {"T15.12.25", 0, "1926-12-25"}, {"T15.12.26", 0, "error"},
      {"S1.12.24", 0, "error"},       {"S1.12.25", 0, "1926-12-25"},
      {"S64.1.7", 0, "1989-01-07"},   {"S64.1.8", 0, "error"},
      {"H1.1.7", 0, "error"},         {"H1.1.8", 0, "1989-01-08"},
      {"H31.4.30", 0, "2019-04-30"},  {"H31.5.1", 0, "error"},
      {"R1.4.30", 0, "error"},        {"R1.5.1", 0, "2019-05-01"},
      {"R99.12.31", 0, "2117-12-31"}, {"R0.5.1", 0, "error"},
      {"昭和65年1月1日", 0, "error"}, {"4310501", 0, "error"},
      {"4310430", 0, "2019-04-30"},   {"5010430", 0, "error"},
      {"H310501", 0, "error"},        {"平成元年1月8日", 0, "1989-01-08"},
      {"平成元年1月7日", 0, "error"},
  };
  for (const Form& bound : kBounds) EXPECT_EQ(Canonical(bound.text), bound.day) << bound.text;
}

TEST(DateRule, DaysThatDoNotExistAreErrors) {
  for (const char* text :
       {"2013-02-29", "1900-02-29", "2013-04-31", "2013-00-01", "2013-13-01", "2013-01-00", "2013-01-32", "0000-00-00",
        "00000000", "99999999", "1872-12-31", "0013-01-01", "H25.2.29", "4250229"}) {
    EXPECT_EQ(Canonical(text), "error") << text;
  }
}

TEST(DateRule, OtherTextsAreErrors) {
  for (const char* text : {"",
                           "-",
                           "2013",
                           "2013-1-1",
                           "2013-01-01T00:00:00",
                           "2013-01-01 00:00",
                           "2013.1.1",
                           "2013/1-1",
                           "13/1/1",
                           "2013/1",
                           "2013/1/",
                           "2013/001/1",
                           "2013-01-",
                           "201301",
                           "201301011",
                           "2013年1月1",
                           "2013年1/1",
                           "2013 01 01",
                           "X25.1.1",
                           "H",
                           "H25",
                           "H.1.1",
                           "H25.1",
                           "H25.1/1",
                           "H25.1.1x",
                           "H2501011",
                           "H25010",
                           "平成年1月1日",
                           "平成元",
                           "成25年1月1日",
                           "6010101",
                           "0250101",
                           "元年1月1日",
                           "愛知",
                           "R元元.5.1",
                           "2013-0a-01",
                           "２０１３－０１",
                           "H100.1.1"}) {
    EXPECT_EQ(Canonical(text), "error") << text;
  }
}

TEST(DateRule, VeryLongTextIsAnError) { EXPECT_EQ(Canonical("2013/" + std::string(200, ' ') + "1/1"), "error"); }

TEST(DateRule, CanonicalFormIsItsOwn) {
  for (const Form& form : kForms) EXPECT_EQ(Canonical(form.day, kDateIso), form.day);
}

TEST(DateRule, EveryDayOfHeiseiAgreesInAllForms) {
  for (int year = 1989; year <= 2019; ++year) {
    char western[32];
    char wareki[32];
    std::snprintf(western, sizeof(western), "%04d-03-31", year);
    std::snprintf(wareki, sizeof(wareki), "4%02d0331", year - 1988);
    EXPECT_EQ(Canonical(wareki), Canonical(western));
  }
}

}  // namespace
}  // namespace sabun
