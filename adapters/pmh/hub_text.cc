#include "adapters/pmh/hub_text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

namespace sabun {
namespace {

constexpr size_t kMaxBytes = 200;
// Shorter values ("2", "0") occur in any text by chance.
constexpr size_t kTellingBytes = 3;
constexpr int kTellingDigits = 8;

std::string WithoutSpaces(absl::string_view text) { return absl::StrReplaceAll(text, {{" ", ""}, {"　", ""}}); }

// A My Number, an insurer's or recipient's number: also one of another person.
bool HoldsLongNumber(absl::string_view text) {
  constexpr absl::string_view kFullWidthZero = "０";
  int digits = 0;
  for (size_t at = 0; at < text.size();) {
    const absl::string_view rest = text.substr(at);
    const bool half = rest[0] >= '0' && rest[0] <= '9';
    const bool full = rest.size() >= 3 && rest.substr(0, 2) == kFullWidthZero.substr(0, 2) &&
                      rest[2] >= kFullWidthZero[2] && rest[2] < kFullWidthZero[2] + 10;
    digits = half || full ? digits + 1 : 0;
    if (digits >= kTellingDigits) return true;
    at += full ? 3 : 1;
  }
  return false;
}

// Cuts at a character's begin.
std::string Shortened(absl::string_view text) {
  if (text.size() <= kMaxBytes) return std::string(text);
  size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

}  // namespace

std::string KeptHubText(absl::string_view text, const std::vector<absl::string_view>& record_values) {
  const std::string dense = WithoutSpaces(text);
  const bool repeats = std::any_of(record_values.begin(), record_values.end(), [&](absl::string_view value) {
    const std::string dense_value = WithoutSpaces(value);
    return dense_value.size() >= kTellingBytes && absl::StrContains(dense, dense_value);
  });
  if (repeats || HoldsLongNumber(dense)) return "(the hub's text repeats a value of the record and is not kept)";
  return Shortened(text);
}

}  // namespace sabun
