#include "engine/base/coded_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace sabun {
namespace {

constexpr absl::string_view kJapaneseUrl = "sabun/ja";

}  // namespace

absl::Status CodedError(absl::StatusCode kind, const CodedText& text) {
  absl::Status error(kind, absl::StrCat(text.code, ": ", text.english));
  error.SetPayload(kJapaneseUrl, absl::Cord(text.japanese));
  return error;
}

std::string InBothLanguages(const absl::Status& status) {
  const absl::optional<absl::Cord> japanese = status.GetPayload(kJapaneseUrl);
  const std::string message(status.message());
  return japanese.has_value() ? absl::StrCat(message, " / ", std::string(*japanese)) : message;
}

}  // namespace sabun
