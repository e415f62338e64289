// What the decoder takes is valid UTF-8 without NUL, whatever the encoding; UTF-8 comes out as it went in.
#include <string>

#include "adapters/file/text_decoder.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sabun::file;
  using sabun::fuzz::Require;
  static auto* const utf8 = new TextDecoder(*TextDecoder::Create(Encoding::kUtf8));
  static auto* const cp932 = new TextDecoder(*TextDecoder::Create(Encoding::kCp932));
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  absl::string_view text, again;
  if (utf8->Decode(bytes, &text)) Require(text == bytes, "UTF-8 stays as it is");
  if (cp932->Decode(bytes, &text)) {
    const std::string decoded(text);
    Require(utf8->Decode(decoded, &again) && again == decoded, "CP932 becomes valid UTF-8");
  }
  if (bytes.empty() || bytes.front() != '"') return 0;
  // A quoted field as the scanner gives it: closed, and with inner quotes doubled.
  std::string field = "\"";
  for (const char byte : bytes.substr(1)) field.append(byte == '"' ? "\"\"" : std::string(1, byte));
  field += '"';
  if (utf8->DecodeField(field, &text)) Require(text == bytes.substr(1), "a quoted field is what was quoted");
  return 0;
}
