#include "engine/canonical/json_rule.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

void AppendQuoted(absl::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\b':
        out->append("\\b");
        break;
      case '\f':
        out->append("\\f");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out->push_back(c);
        } else {
          absl::StrAppend(out, "\\u", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad4));
        }
    }
  }
  out->push_back('"');
}

// Takes the parser's events and keeps, for every open container, the finished text of its members or elements. The
// document itself is element 0 of the bottom one.
class CanonicalWriter {
 public:
  explicit CanonicalWriter(JsonShape shape) : shape_(shape), open_(1) {}

  bool null() { return Add("null"); }
  bool boolean(bool value) { return Add(value ? "true" : "false"); }
  bool number_integer(int64_t value) { return Add(absl::StrCat(value)); }
  bool number_unsigned(uint64_t value) { return Add(absl::StrCat(value)); }
  bool number_float(double, const std::string& spelled) {
    // The parser turns to double what does not fit 64 bits; such an integer would be compared inexactly elsewhere.
    return spelled.find_first_of(".eE") != std::string::npos && Add(spelled);
  }
  bool string(std::string& value) {
    std::string quoted;
    AppendQuoted(value, &quoted);
    return Add(std::move(quoted));
  }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool start_object(size_t) { return Open('{'); }
  bool start_array(size_t) { return Open('['); }
  bool key(std::string& name) {
    open_.back().name.clear();
    AppendQuoted(name, &open_.back().name);
    return true;
  }
  bool end_object() {
    std::vector<Part>& parts = open_.back().parts;
    const auto by_name = [](const Part& a, const Part& b) { return a.name < b.name; };
    std::sort(parts.begin(), parts.end(), by_name);
    const auto same_name = [](const Part& a, const Part& b) { return a.name == b.name; };
    return std::adjacent_find(parts.begin(), parts.end(), same_name) == parts.end() && Close('{', '}');
  }
  bool end_array() { return Close('[', ']'); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  std::string TakeText() { return std::move(open_[0].parts[0].text); }

 private:
  struct Part {
    std::string name;  // Quoted; empty in arrays.
    std::string text;
  };
  struct Container {
    std::string name;  // Of the member whose value comes next.
    std::vector<Part> parts;
  };

  bool Add(std::string text) {
    if (!FitsShape(text[0])) return false;
    open_.back().parts.push_back({open_.back().name, std::move(text)});
    return true;
  }
  bool FitsShape(char first) const {
    if (open_.size() == 1) return first == (shape_ == JsonShape::kObject ? '{' : '[');
    return open_.size() > 2 || shape_ != JsonShape::kArrayOfObjects || first == '{';
  }
  bool Open(char sign) {
    if (!FitsShape(sign) || open_.size() > kMaxJsonDepth) return false;
    open_.emplace_back();
    return true;
  }
  bool Close(char first, char last) {
    std::string text(1, first);
    for (const Part& part : open_.back().parts) {
      if (text.size() > 1) text.push_back(',');
      text.append(part.name);
      if (first == '{') text.push_back(':');
      text.append(part.text);
    }
    text.push_back(last);
    open_.pop_back();
    return Add(std::move(text));
  }

  JsonShape shape_;
  std::vector<Container> open_;
};

}  // namespace

bool CanonicalJson(absl::string_view text, JsonShape shape, std::string* out) {
  // The parser takes a NUL for the end of its input and skips a byte order mark; neither belongs to a JSON text.
  if (text.find('\0') != absl::string_view::npos || text.substr(0, 3) == "\xEF\xBB\xBF") return false;
  if (text == (shape == JsonShape::kObject ? "{}" : "[]")) {
    out->assign(text.data(), text.size());
    return true;
  }
  CanonicalWriter writer(shape);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &writer)) return false;
  *out = writer.TakeText();
  return true;
}

}  // namespace sabun
