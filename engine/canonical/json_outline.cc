#include "engine/canonical/json_outline.h"

#include <algorithm>
#include <cstring>

namespace sabun {
namespace {

// So many digits never exceed 64 bits.
constexpr int kMaxDigits = 18;

}  // namespace

// The next character that is not a space, or NUL at the end.
char JsonOutline::Peek() {
  while (at_ != end_ && *at_ == ' ') {
    canonical_ = false;
    ++at_;
  }
  return at_ == end_ ? '\0' : *at_;
}

bool JsonOutline::TakeQuoted(absl::string_view* quoted) {
  const char* const first = at_;
  const void* last = std::memchr(first + 1, '"', end_ - first - 1);
  if (last == nullptr) return false;
  at_ = static_cast<const char*>(last) + 1;
  *quoted = absl::string_view(first, at_ - first);
  return true;
}

bool JsonOutline::TakeNumber() {
  if (*at_ == '-') ++at_;
  const char* const first = at_;
  while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
  const auto digits = at_ - first;
  // "-0" has another canonical form, and "01" none.
  return digits > 0 && digits <= kMaxDigits && (*first != '0' || (digits == 1 && first == nodes_.back().text.data()));
}

bool JsonOutline::TakeWord(absl::string_view word) {
  if (absl::string_view(at_, end_ - at_).substr(0, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

bool JsonOutline::TakeMembers(int depth) {
  if (Peek() == '}') return true;
  absl::string_view before;
  while (true) {
    absl::string_view name;
    if (Peek() != '"' || !TakeQuoted(&name)) return false;
    if (name <= before) canonical_ = false;
    before = name;
    if (Peek() != ':') return false;
    ++at_;
    if (!TakeValue(name, depth)) return false;
    const char sign = Peek();
    if (sign == '}') return true;
    if (sign != ',') return false;
    ++at_;
  }
}

bool JsonOutline::TakeElements(int depth) {
  if (Peek() == ']') return true;
  while (true) {
    if (!TakeValue({}, depth)) return false;
    const char sign = Peek();
    if (sign == ']') return true;
    if (sign != ',') return false;
    ++at_;
  }
}

bool JsonOutline::TakeValue(absl::string_view name, int depth) {
  const char sign = Peek();
  const size_t node = nodes_.size();
  const char* const first = at_;
  nodes_.push_back({name, absl::string_view(first, 0), 0, sign});
  absl::string_view quoted;
  bool good = false;
  switch (sign) {
    case '{':
    case '[':
      if (depth == kMaxJsonDepth) return false;
      ++at_;
      if (!(sign == '{' ? TakeMembers(depth + 1) : TakeElements(depth + 1))) return false;
      ++at_;
      nodes_[node].end = static_cast<uint32_t>(nodes_.size());
      return true;
    case '"':
      good = TakeQuoted(&quoted);
      break;
    case 't':
      good = TakeWord("true");
      break;
    case 'f':
      good = TakeWord("false");
      break;
    case 'n':
      good = TakeWord("null");
      break;
    default:
      good = sign != '\0' && TakeNumber();
  }
  nodes_[node].text = absl::string_view(first, at_ - first);
  nodes_[node].end = static_cast<uint32_t>(node + 1);
  return good;
}

bool JsonOutline::WriteMembers(uint32_t node, std::string* out) {
  const size_t first = members_.size();
  for (uint32_t i = node + 1; i < nodes_[node].end; i = nodes_[i].end) members_.push_back(i);
  const auto by_name = [this](uint32_t a, uint32_t b) { return nodes_[a].name < nodes_[b].name; };
  std::sort(members_.begin() + first, members_.end(), by_name);
  const size_t end = members_.size();
  for (size_t i = first; i < end; ++i) {
    const absl::string_view name = nodes_[members_[i]].name;
    if (i > first && name == nodes_[members_[i - 1]].name) return false;
    if (i > first) out->push_back(',');
    out->append(name.data(), name.size());
    out->push_back(':');
    if (!Write(members_[i], out)) return false;
  }
  members_.resize(first);
  return true;
}

bool JsonOutline::Write(uint32_t node, std::string* out) {
  const Node& value = nodes_[node];
  if (!value.text.empty()) {
    out->append(value.text.data(), value.text.size());
    return true;
  }
  out->push_back(value.sign);
  if (value.sign == '{') {
    if (!WriteMembers(node, out)) return false;
  } else {
    for (uint32_t i = node + 1; i < value.end; i = nodes_[i].end) {
      if (i > node + 1) out->push_back(',');
      if (!Write(i, out)) return false;
    }
  }
  out->push_back(value.sign == '{' ? '}' : ']');
  return true;
}

bool JsonOutline::Run(absl::string_view text, JsonShape shape, std::string* out, absl::string_view* value) {
  if (text.find('\\') != text.npos) return false;
  at_ = text.data();
  end_ = at_ + text.size();
  canonical_ = true;
  nodes_.clear();
  members_.clear();
  if (Peek() != (shape == JsonShape::kObject ? '{' : '[')) return false;
  if (!TakeValue({}, 0) || Peek() != '\0') return false;
  for (uint32_t i = 1; shape == JsonShape::kArrayOfObjects && i < nodes_.size(); i = nodes_[i].end) {
    if (nodes_[i].sign != '{') return false;
  }
  *value = text;
  if (canonical_) return true;
  out->clear();
  if (!Write(0, out)) return false;
  *value = *out;
  return true;
}

}  // namespace sabun
