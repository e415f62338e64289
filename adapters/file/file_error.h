// Errors that concern a whole file.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/localized_status.h"

namespace sabun::file {

// FAILED_PRECONDITION with a stable code; both texts are put after the file's name. Texts hold no value of a row.
inline absl::Status FileError(absl::string_view path, client::ToldError told) {
  told.message_ja = absl::StrCat(path, ": ", told.message_ja);
  told.message_en = absl::StrCat(path, ": ", told.message_en);
  return client::LocalizedError(absl::StatusCode::kFailedPrecondition, told);
}

}  // namespace sabun::file
