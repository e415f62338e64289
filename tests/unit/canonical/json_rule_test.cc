#include "engine/canonical/json_rule.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

std::string Canonical(absl::string_view text, JsonShape shape) {
  std::string out = "before";
  return CanonicalJson(text, shape, &out) ? out : "error";
}

struct Example {
  const char* text;
  const char* result;
};

TEST(JsonRule, ObjectsHaveOneSpelling) {
  const Example kExamples[] = {
      {"{}", "{}"},
      {" { } ", "{}"},
      {"{\"b\": 1,\r\n\t\"a\" : [ 1 , 2 ]}", R"({"a":[1,2],"b":1})"},
      {R"({"z":{"y":1,"x":2},"a":null})", R"({"a":null,"z":{"x":2,"y":1}})"},
      {R"({"愛":"知","a":true,"b":false})", R"({"a":true,"b":false,"愛":"知"})"},
      {R"({"a":"\u611b\/\"\\\b\f\n\r\t\u001f\u00e9"})", "{\"a\":\"愛/\\\"\\\\\\b\\f\\n\\r\\t\\u001fé\"}"},
      {R"({"a":"\u0000"})", R"({"a":"\u0000"})"},
      {R"({"a":0.10,"b":1e2,"c":-0.5,"d":1.00000000000000000001})",
       R"({"a":0.10,"b":1e2,"c":-0.5,"d":1.00000000000000000001})"},
      {R"({"a":18446744073709551615,"b":-9223372036854775808,"c":-0})",
       R"({"a":18446744073709551615,"b":-9223372036854775808,"c":0})"},
      {R"({"":1})", R"({"":1})"},
  };
  for (const Example& example : kExamples) EXPECT_EQ(Canonical(example.text, JsonShape::kObject), example.result);
}

TEST(JsonRule, ArraysKeepTheirOrder) {
  EXPECT_EQ(Canonical("[3, 1 ,2]", JsonShape::kArray), "[3,1,2]");
  EXPECT_EQ(Canonical(R"([{"b":1,"a":2},[]])", JsonShape::kArray), R"([{"a":2,"b":1},[]])");
  EXPECT_EQ(Canonical("[]", JsonShape::kArray), "[]");
}

TEST(JsonRule, ArrayOfObjectsTakesObjectsOnly) {
  EXPECT_EQ(Canonical("[]", JsonShape::kArrayOfObjects), "[]");
  EXPECT_EQ(Canonical(R"([{"a":[1,"x"]}, {}])", JsonShape::kArrayOfObjects), R"([{"a":[1,"x"]},{}])");
  for (const char* text : {"[1]", "[null]", "[\"a\"]", "[[]]", "[{},1]", "{}"}) {
    EXPECT_EQ(Canonical(text, JsonShape::kArrayOfObjects), "error") << text;
  }
}

TEST(JsonRule, OtherShapesAreErrors) {
  for (const char* text : {"[]", "1", "\"a\"", "null", "true", ""})
    EXPECT_EQ(Canonical(text, JsonShape::kObject), "error") << text;
  for (const char* text : {"{}", "1", "\"a\"", "null", "true", ""})
    EXPECT_EQ(Canonical(text, JsonShape::kArray), "error") << text;
}

TEST(JsonRule, WhatIsNotJsonIsAnError) {
  for (const char* text : {"{", "}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{} {}", "{}x",
                           "{\"a\":01}", "{\"a\":NaN}", "{\"a\":\"\x01\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\xFF\"}",
                           "{\"a\":\"\\ud800\"}", "{\"a\":1e999}", "{/**/}", "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(Canonical(text, JsonShape::kObject), "error") << text;
  }
}

TEST(JsonRule, NothingMayFollowAHiddenNul) {
  EXPECT_EQ(Canonical(absl::string_view("{}\0x", 4), JsonShape::kObject), "error");
}

TEST(JsonRule, MemberGivenTwiceIsAnError) {
  EXPECT_EQ(Canonical(R"({"a":1,"b":2,"a":1})", JsonShape::kObject), "error");
  EXPECT_EQ(Canonical(R"({"a":1,"\u0061":1})", JsonShape::kObject), "error");
  EXPECT_EQ(Canonical(R"([{"a":1},{"a":1}])", JsonShape::kArray), R"([{"a":1},{"a":1}])");
}

TEST(JsonRule, IntegerBeyond64BitsIsAnError) {
  EXPECT_EQ(Canonical("[18446744073709551616]", JsonShape::kArray), "error");
  EXPECT_EQ(Canonical("[-9223372036854775809]", JsonShape::kArray), "error");
}

TEST(JsonRule, NestingIsBounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Canonical(nested(kMaxJsonDepth), JsonShape::kArray), nested(kMaxJsonDepth));
  EXPECT_EQ(Canonical(nested(kMaxJsonDepth + 1), JsonShape::kArray), "error");
  EXPECT_EQ(Canonical(std::string(1'000'000, '['), JsonShape::kArray), "error");
}

TEST(JsonRule, CanonicalFormIsItsOwn) {
  const std::string once = Canonical(R"({"b":[{"d":1,"c":"\u00e9"}],"a":1.50})", JsonShape::kObject);
  EXPECT_EQ(Canonical(once, JsonShape::kObject), once);
}

}  // namespace
}  // namespace sabun
