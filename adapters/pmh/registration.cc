#include "adapters/pmh/registration.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include <simdjson.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "adapters/client/packing.h"

namespace sabun {
namespace {

// Whether 8 bytes hold none that JSON escapes: below 0x20, the quote, the backslash.
bool ArePlain(const char* bytes) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0} / 255, kHighs = kOnes * 0x80;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  const auto below = [&](std::uint64_t value, std::uint64_t limit) {
    return (value - kOnes * limit) & ~value & kHighs;
  };
  return (below(word, 0x20) | below(word ^ kOnes * '"', 1) | below(word ^ kOnes * '\\', 1)) == 0;
}

void AppendEscape(char c, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += kHex[(c >> 4) & 0xF];
      out += kHex[c & 0xF];
  }
}

bool IsJson(absl::string_view text) {
  thread_local simdjson::dom::parser parser;
  if (parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS) return true;
  // It refuses numbers that it cannot hold, which are JSON all the same.
  return nlohmann::json::accept(text.begin(), text.end());
}

absl::Status FieldError(const HubField& field, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat("field ", field.name, ": ", reason));
}

}  // namespace

absl::StatusOr<std::vector<absl::string_view>> UnpackFields(absl::string_view packed, std::size_t count) {
  std::vector<absl::string_view> values;
  if (!client::TakePackedFields(&packed, count, &values) || !packed.empty()) {
    return absl::InvalidArgumentError("packed fields: their number is not the profile's");
  }
  return values;
}

void AppendJsonString(absl::string_view text, std::string& out) {
  out += '"';
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (i + 8 <= text.size() && ArePlain(text.data() + i)) i += 8;
    if (i == text.size()) break;
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.data() + begin, i - begin);
    AppendEscape(c, out);
    begin = i + 1;
  }
  out.append(text.data() + begin, text.size() - begin);
  out += '"';
}

RegistrationWriter::Member& RegistrationWriter::Place(std::vector<Member>& members, const std::string& name) {
  std::string quoted;
  AppendJsonString(name, quoted);
  quoted += ':';
  for (Member& member : members) {
    if (member.name == quoted) return member;
  }
  members.push_back(Member{std::move(quoted), -1, {}});
  return members.back();
}

RegistrationWriter::RegistrationWriter(const HubProfile& profile) : fields_(profile.fields) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    std::vector<Member>* members = &members_;
    for (std::size_t part = 0; part < fields_[i].path.size(); ++part) {
      Member& member = Place(*members, fields_[i].path[part]);
      if (part + 1 == fields_[i].path.size()) member.field = static_cast<int>(i);
      members = &member.members;
    }
  }
  AppendJsonString(profile.deleted_flag, deleted_flag_);
  deleted_flag_ += ':';
}

absl::Status RegistrationWriter::AppendValue(const HubField& field, absl::string_view value, std::string& out) const {
  if (!simdjson::validate_utf8(value.data(), value.size())) return FieldError(field, "is not UTF-8");
  switch (field.json) {
    case JsonKind::kString:
      AppendJsonString(value, out);
      return absl::OkStatus();
    case JsonKind::kBoolean:
      if (value != "true" && value != "1" && value != "false" && value != "0")
        return FieldError(field, "is no boolean");
      out += value == "true" || value == "1" ? "true" : "false";
      return absl::OkStatus();
    case JsonKind::kRaw:
      // A value that is not JSON would spoil the whole call, not only its record.
      if (!IsJson(value)) return FieldError(field, "is not JSON");
      out.append(value.data(), value.size());
      return absl::OkStatus();
  }
  return FieldError(field, "has an unknown kind");
}

absl::Status RegistrationWriter::AppendMembers(const std::vector<Member>& members,
                                               const std::vector<absl::string_view>& values, std::string& out) const {
  for (const Member& member : members) {
    const std::size_t before = out.size();
    if (out.back() != '{') out += ',';
    out += member.name;
    if (member.field >= 0) {
      if (values[member.field].empty()) {
        out.resize(before);
        continue;
      }
      const absl::Status appended = AppendValue(fields_[member.field], values[member.field], out);
      if (!appended.ok()) return appended;
      continue;
    }
    out += '{';
    const std::size_t empty = out.size();
    const absl::Status appended = AppendMembers(member.members, values, out);
    if (!appended.ok()) return appended;
    out += '}';
    if (out.size() == empty + 1) out.resize(before);
  }
  return absl::OkStatus();
}

absl::Status RegistrationWriter::AppendElement(v1::ChangeOp op, absl::string_view packed, std::string& out) const {
  const auto values = UnpackFields(packed, fields_.size());
  if (!values.ok()) return values.status();
  const std::size_t before = out.size();
  out += '{';
  const absl::Status appended = AppendMembers(members_, *values, out);
  if (!appended.ok()) {
    out.resize(before);
    return appended;
  }
  if (out.back() != '{') out += ',';
  out += deleted_flag_;
  out += op == v1::CHANGE_OP_DELETE ? "true}" : "false}";
  return absl::OkStatus();
}

}  // namespace sabun
