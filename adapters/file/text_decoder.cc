#include "adapters/file/text_decoder.h"

#include <simdjson.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace sabun::file {
namespace {

// Maps the rows of NEC (0x87xx, 0xEDxx, 0xEExx) and IBM (0xFAxx to 0xFCxx) and the user area (0xF0xx to 0xF9xx) as
// Windows does, wave dash and minus sign included.
constexpr char kCp932Converter[] = "ibm-943_P15A-2003";

}  // namespace

bool IsPlainAscii(absl::string_view bytes) {
  size_t i = 0;
  uint64_t zero_seen = 0;
  uint64_t high_seen = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    high_seen |= word;
    zero_seen |= (word - 0x0101010101010101ULL) & ~word;
  }
  for (; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    high_seen |= byte;
    if (byte == 0) zero_seen = 0x80;
  }
  return ((high_seen | zero_seen) & 0x8080808080808080ULL) == 0;
}

TextDecoder::TextDecoder(Encoding encoding) : encoding_(encoding), converter_(nullptr, &ucnv_close) {}
TextDecoder::TextDecoder(TextDecoder&&) noexcept = default;
TextDecoder::~TextDecoder() = default;

absl::StatusOr<TextDecoder> TextDecoder::Create(Encoding encoding) {
  TextDecoder decoder(encoding);
  if (encoding == Encoding::kUtf8) return decoder;
  UErrorCode error = U_ZERO_ERROR;
  decoder.converter_.reset(ucnv_open(kCp932Converter, &error));
  if (U_SUCCESS(error)) {
    ucnv_setToUCallBack(decoder.converter_.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  }
  if (U_FAILURE(error)) return absl::InternalError(absl::StrCat("ICU cannot open ", kCp932Converter));
  return decoder;
}

bool TextDecoder::Decode(absl::string_view bytes, absl::string_view* text) {
  *text = bytes;
  if (IsPlainAscii(bytes)) return true;
  if (bytes.find('\0') != absl::string_view::npos) return false;
  if (encoding_ == Encoding::kUtf8) return simdjson::validate_utf8(bytes.data(), bytes.size());
  if (!FromCp932(bytes)) return false;
  *text = utf8_;
  return true;
}

bool TextDecoder::DecodeField(absl::string_view field, absl::string_view* text) {
  if (field.empty() || field.front() != '"') return Decode(field, text);
  field = field.substr(1, field.size() - 2);
  if (field.find('"') == absl::string_view::npos) return Decode(field, text);
  unquoted_.clear();
  for (size_t i = 0; i < field.size(); ++i) {
    unquoted_.push_back(field[i]);
    if (field[i] == '"') ++i;
  }
  return Decode(unquoted_, text);
}

// A byte gives at most one UTF-16 unit, and a unit at most three bytes of UTF-8.
bool TextDecoder::FromCp932(absl::string_view bytes) {
  UErrorCode error = U_ZERO_ERROR;
  utf16_.resize(bytes.size() + 1);
  const int32_t units = ucnv_toUChars(converter_.get(), utf16_.data(), static_cast<int32_t>(utf16_.size()),
                                      bytes.data(), static_cast<int32_t>(bytes.size()), &error);
  if (U_FAILURE(error)) return false;
  utf8_.resize(static_cast<size_t>(units) * 3 + 1);
  int32_t size = 0;
  u_strToUTF8(utf8_.data(), static_cast<int32_t>(utf8_.size()), &size, utf16_.data(), units, &error);
  if (U_FAILURE(error)) return false;
  utf8_.resize(size);
  return true;
}

}  // namespace sabun::file
