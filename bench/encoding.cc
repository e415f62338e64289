#include "bench/encoding.h"

#include <unicode/translit.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "bench/name_tables.h"

namespace sabun::bench {
namespace {

// Encodes strictly: a character without a code is an error.
absl::StatusOr<std::string> EncodeCp932(const std::string& utf8) {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<UConverter, void (*)(UConverter*)> converter(ucnv_open("windows-31j", &error), ucnv_close);
  if (U_FAILURE(error)) return absl::InternalError("ICU has no converter for CP932");
  ucnv_setFromUCallBack(converter.get(), UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(utf8);
  std::string encoded(static_cast<size_t>(text.length()) * 2 + 1, '\0');
  const int32_t length = ucnv_fromUChars(converter.get(), encoded.data(), static_cast<int32_t>(encoded.size()),
                                         text.getBuffer(), text.length(), &error);
  if (U_FAILURE(error)) return absl::InvalidArgumentError("a character has no code in CP932");
  encoded.resize(static_cast<size_t>(length));
  return encoded;
}

}  // namespace

absl::StatusOr<std::string> Encode(Encoding encoding, absl::string_view utf8) {
  if (encoding == Encoding::kUtf8) return std::string(utf8);
  absl::StatusOr<std::string> encoded = EncodeCp932(std::string(utf8));
  if (encoded.ok()) return encoded;
  // Each replacement is tried on its own, so that a character which the encoding does have stays as it is.
  const std::vector<std::string> pairs = absl::StrSplit(Replacements(), ' ');
  std::string replaced(utf8);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (!EncodeCp932(pairs[i]).ok()) absl::StrReplaceAll({{pairs[i], pairs[i + 1]}}, &replaced);
  }
  return EncodeCp932(replaced);
}

absl::StatusOr<std::string> HalfWidthKana(absl::string_view utf8) {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<icu::Transliterator> narrow(
      icu::Transliterator::createInstance("[[:Katakana:]ー] Fullwidth-Halfwidth", UTRANS_FORWARD, error));
  if (U_FAILURE(error)) return absl::InternalError("ICU has no transliterator to half-width kana");
  icu::UnicodeString text = icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int>(utf8.size())));
  narrow->transliterate(text);
  std::string result;
  text.toUTF8String(result);
  return result;
}

}  // namespace sabun::bench
