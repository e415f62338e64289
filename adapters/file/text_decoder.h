// Bytes of a source file to UTF-8.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/file/csv_options.h"

struct UConverter;

namespace sabun::file {

// Decodes one encoding, strictly. Not thread-safe: it owns a converter and a buffer.
class TextDecoder {
 public:
  // INTERNAL when ICU's data lacks the converter.
  static absl::StatusOr<TextDecoder> Create(Encoding encoding);

  TextDecoder(TextDecoder&&) noexcept;
  ~TextDecoder();

  // Sets `*text` to `bytes` as UTF-8: a view of `bytes` where they are UTF-8 already, else of the decoder's buffer,
  // valid until the next call. False when a byte sequence is not valid in the encoding, or is a NUL.
  bool Decode(absl::string_view bytes, absl::string_view* text);

  // The same for a field as the scanner gives it: takes its quotes off first. The field has no defect.
  bool DecodeField(absl::string_view field, absl::string_view* text);

 private:
  explicit TextDecoder(Encoding encoding);
  bool FromCp932(absl::string_view bytes);

  Encoding encoding_;
  std::unique_ptr<UConverter, void (*)(UConverter*)> converter_;
  std::u16string utf16_;
  std::string utf8_;
  std::string unquoted_;
};

// True when every byte is below 0x80 and none is NUL.
bool IsPlainAscii(absl::string_view bytes);

}  // namespace sabun::file
