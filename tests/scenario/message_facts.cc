#include "tests/scenario/message_facts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/scenario/script.h"

namespace sabun::scenario {
namespace {

using google::protobuf::FieldDescriptor;

// CHANGE_SET_STATE_HELD of the enumeration ChangeSetState is "held".
std::string EnumeratorName(const google::protobuf::EnumValueDescriptor& value) {
  size_t prefix = 0;
  for (const char letter : value.type()->name()) prefix += absl::ascii_isupper(letter) ? 2 : 1;
  return absl::AsciiStrToLower(value.name().substr(prefix));
}

std::string Fact(const google::protobuf::Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrCat(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumeratorName(*reflection.GetEnum(message, &field));
    default:
      return "";
  }
}

}  // namespace

Facts FactsOf(const google::protobuf::Message& message) {
  Facts facts;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_repeated() || field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) continue;
    facts[field.name()] = Fact(message, field);
  }
  return facts;
}

absl::Status CompareFacts(const Facts& facts, const std::vector<std::pair<std::string, std::string>>& expected,
                          const std::vector<std::string>& strict) {
  std::vector<std::string> wrong;
  for (const auto& [name, value] : expected) {
    const auto found = facts.find(name);
    if (found == facts.end()) return WrongLanguage(absl::StrCat("there is nothing called ", name, " to expect"));
    if (found->second != value) wrong.push_back(absl::StrCat(name, " is ", found->second, ", not ", value));
  }
  for (const std::string& name : strict) {
    const bool is_expected =
        std::any_of(expected.begin(), expected.end(), [&](const auto& pair) { return pair.first == name; });
    const std::string& value = facts.at(name);
    if (!is_expected && value != "0" && !value.empty()) wrong.push_back(absl::StrCat(name, " is ", value));
  }
  return wrong.empty() ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrJoin(wrong, "; "));
}

}  // namespace sabun::scenario
