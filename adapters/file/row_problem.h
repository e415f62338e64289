// The row errors that only an adapter can see. The engine has the others.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "sabun/v1/intake.pb.h"

namespace sabun::file {

// One message holds at most 4 MiB; an error with its texts is about 300 bytes.
constexpr int kMaxErrorsInMessage = 2'000;

// A stable code with its texts, which never hold a value.
struct RowProblem {
  absl::string_view code;
  absl::string_view message_ja;
  absl::string_view message_en;
};

extern const RowProblem kRowMalformed;    // ROW-MALFORMED: the row cannot be taken apart; so its key is unreadable
extern const RowProblem kKeyUnreadable;   // KEY-UNREADABLE
extern const RowProblem kFieldEncoding;   // FIELD-ENCODING
extern const RowProblem kRowLength;       // ROW-LENGTH: more than one message takes
extern const RowProblem kOperationValue;  // OPERATION-VALUE

// `problem` at `field` (empty for the whole row) of row `ordinal`.
void FillRowError(const RowProblem& problem, uint64_t ordinal, absl::string_view field, v1::RowError* error);

}  // namespace sabun::file
