#include "engine/canonical/check_digit.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

TEST(InsurerNumber, RealOnesFit) {
  for (const char* number : {"81136244", "81137242", "88138243", "88131248", "89131247"}) {
    EXPECT_TRUE(IsInsurerNumber(number)) << number;
  }
}

TEST(InsurerNumber, EveryOtherLastDigitIsWrong) {
  for (char last = '0'; last <= '9'; ++last) {
    EXPECT_EQ(IsInsurerNumber(std::string("8113624") + last), last == '4') << last;
  }
}

TEST(InsurerNumber, RemainderZeroGivesZero) {
  EXPECT_TRUE(IsInsurerNumber("00000000"));
  EXPECT_TRUE(IsInsurerNumber("50000090"));  // 5*2 = 10, digits 1; 9*1 = 9; sum 10.
}

TEST(MyNumber, FitsByTheRule) {
  // 1*6+2*5+3*4+4*3+5*2+6*7+7*6+8*5+9*4+0*3+1*2 = 212; 212 mod 11 = 3; 11 - 3 = 8.
  EXPECT_TRUE(IsMyNumber("123456789018"));
}

TEST(MyNumber, RemainderZeroOrOneGivesZero) {
  EXPECT_TRUE(IsMyNumber("000000000000"));  // Remainder 0.
  EXPECT_TRUE(IsMyNumber("200000000000"));  // 12 mod 11 = 1.
  EXPECT_FALSE(IsMyNumber("200000000001"));
}

TEST(MyNumber, EveryOtherLastDigitIsWrong) {
  for (char last = '0'; last <= '9'; ++last) {
    EXPECT_EQ(IsMyNumber(std::string("12345678901") + last), last == '8') << last;
  }
}

TEST(CheckDigit, OtherShapesAreWrong) {
  for (const char* number : {"", "8113624", "811362440", "8113624x", "12345678901", "1234567890188", "12345678901８"}) {
    EXPECT_FALSE(IsInsurerNumber(number)) << number;
    EXPECT_FALSE(IsMyNumber(number)) << number;
  }
}

TEST(CheckDigit, PublishedSampleFailsAsDocumented) {
  EXPECT_FALSE(IsMyNumber("210987654321"));
  EXPECT_FALSE(IsInsurerNumber("87654321"));
}

}  // namespace
}  // namespace sabun
