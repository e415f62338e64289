#include "tests/leaks/canary_forms.h"

#include <unicode/translit.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sabun::leaks {
namespace {

using Forms = std::vector<CanaryForm>;

std::string Utf8(const icu::UnicodeString& text) {
  std::string bytes;
  text.toUTF8String(bytes);
  return bytes;
}

icu::UnicodeString Transliterated(const icu::UnicodeString& text, const char* rule) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::Transliterator> transliterator(
      icu::Transliterator::createInstance(rule, UTRANS_FORWARD, error));
  icu::UnicodeString result = text;
  if (U_SUCCESS(error)) transliterator->transliterate(result);
  return result;
}

// Empty when the encoding cannot write the text.
std::string Encoded(const icu::UnicodeString& text, const char* encoding) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(encoding, &error), &ucnv_close);
  if (U_FAILURE(error)) return "";
  ucnv_setFromUCallBack(converter.get(), UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  std::string bytes(static_cast<size_t>(text.length()) * 4 + 8, '\0');
  const int32_t size = ucnv_fromUChars(converter.get(), bytes.data(), static_cast<int32_t>(bytes.size()),
                                       text.getBuffer(), text.length(), &error);
  if (U_FAILURE(error)) return "";
  bytes.resize(static_cast<size_t>(size));
  return bytes;
}

std::string JsonEscaped(const icu::UnicodeString& text, const char* format) {
  std::string escaped;
  for (int32_t i = 0; i < text.length(); ++i) {
    if (text[i] < 0x80) {
      escaped.push_back(static_cast<char>(text[i]));
    } else {
      absl::StrAppend(&escaped,
                      format[0] == 'x' ? absl::StrFormat("\\u%04x", text[i]) : absl::StrFormat("\\u%04X", text[i]));
    }
  }
  return escaped;
}

std::string Integer(absl::string_view text, bool big_endian) {
  uint64_t number = 0;
  if (text.empty() || text.front() == '0' || !absl::SimpleAtoi(text, &number)) return "";
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[big_endian ? 7 - i : i] = static_cast<char>(number >> (8 * i));
  return bytes;
}

std::string PercentEncoded(absl::string_view bytes) {
  std::string encoded;
  for (const char byte : bytes) absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(byte));
  return encoded;
}

// What base64 of any text shows of `bytes` when they begin at byte `shift` of a group of three: the characters that
// depend on nothing before or behind them.
std::string Base64Core(absl::string_view bytes, size_t shift, bool web_safe) {
  const std::string padded = absl::StrCat(std::string(shift, '\0'), bytes);
  const std::string encoded = web_safe ? absl::WebSafeBase64Escape(padded) : absl::Base64Escape(padded);
  const size_t first = (shift * 8 + 5) / 6;
  const size_t end = padded.size() * 8 / 6;
  return encoded.substr(first, end - first);
}

void AddWritten(const std::string& name, absl::string_view bytes, Forms* forms) {
  if (bytes.empty()) return;
  forms->push_back({name, std::string(bytes)});
  const std::string hex = absl::BytesToHexString(bytes);
  forms->push_back({name + ", hex", hex});
  forms->push_back({name + ", HEX", absl::AsciiStrToUpper(hex)});
  forms->push_back({name + ", percent", PercentEncoded(bytes)});
  for (size_t shift = 0; shift < 3; ++shift) {
    forms->push_back({absl::StrCat(name, ", base64+", shift), Base64Core(bytes, shift, false)});
    forms->push_back({absl::StrCat(name, ", base64url+", shift), Base64Core(bytes, shift, true)});
  }
}

void AddEncodings(const std::string& width, const icu::UnicodeString& text, Forms* forms) {
  AddWritten(width + ", UTF-8", Utf8(text), forms);
  for (const char* encoding : {"windows-31j", "EUC-JP", "UTF-16LE", "UTF-16BE"}) {
    AddWritten(absl::StrCat(width, ", ", encoding), Encoded(text, encoding), forms);
  }
  AddWritten(width + ", \\uxxxx", JsonEscaped(text, "x"), forms);
  AddWritten(width + ", \\uXXXX", JsonEscaped(text, "X"), forms);
}

}  // namespace

std::vector<CanaryForm> FormsOf(absl::string_view canary) {
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8({canary.data(), static_cast<int32_t>(canary.size())});
  Forms all;
  AddEncodings("as it is", text, &all);
  AddEncodings("full width", Transliterated(text, "Halfwidth-Fullwidth"), &all);
  AddEncodings("half width", Transliterated(text, "Fullwidth-Halfwidth"), &all);
  const std::string number = Utf8(Transliterated(text, "Fullwidth-Halfwidth"));
  AddWritten("integer, big endian", Integer(number, true), &all);
  AddWritten("integer, little endian", Integer(number, false), &all);
  std::set<std::string> seen;
  Forms forms;
  for (CanaryForm& form : all) {
    if (form.bytes.size() >= kShortestForm && seen.insert(form.bytes).second) forms.push_back(std::move(form));
  }
  return forms;
}

}  // namespace sabun::leaks
