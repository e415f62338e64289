// What can be wrong with one row: stable codes with Japanese and English texts. A bad row is data, not a failed call.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun {

// One code. The texts say what it means and what to do, and never contain a value.
struct RowCode {
  absl::string_view code;
  absl::string_view message_ja;
  absl::string_view message_en;
  bool warning;
};

namespace row_code {
extern const RowCode kKeyUnreadable;  // KEY-UNREADABLE: set by adapters
extern const RowCode kKeyDuplicate;   // KEY-DUPLICATE: set by intake
extern const RowCode kKeyMismatch;    // KEY-MISMATCH: the record's key is not the key its fingerprint came with
extern const RowCode kRowMalformed;   // ROW-MALFORMED: the fields cannot be taken apart
extern const RowCode kEncoding;       // FIELD-ENCODING: not valid UTF-8, or a NUL or other control character
extern const RowCode kRequired;       // FIELD-REQUIRED
extern const RowCode kTooLong;        // FIELD-LENGTH: longer than the profile allows, or not the exact length
extern const RowCode kCharacters;     // FIELD-CHARACTERS: outside the character class
extern const RowCode kDate;           // FIELD-DATE: no such day, or not in a form the profile takes
extern const RowCode kCodeValue;      // FIELD-CODE: not one of the profile's codes
extern const RowCode kJson;           // FIELD-JSON: not JSON of the kind the profile says
extern const RowCode kPeriod;         // PERIOD-ORDER: a period ends before it begins
extern const RowCode kCheckDigit;     // CHECK-DIGIT: warning only
}  // namespace row_code

// A code at a field of a row. `field` is the profile's field name, empty for the whole row.
struct Finding {
  const RowCode* code;
  absl::string_view field;
};

}  // namespace sabun
