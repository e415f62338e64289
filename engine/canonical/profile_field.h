// Reads one [[field]] of a profile.
#pragma once

#include <toml++/toml.h>

#include <cstdint>

#include "absl/status/status.h"
#include "engine/canonical/profile.h"
#include "engine/canonical/table_reader.h"

namespace sabun {

// The field; `default_date_formats` count for a date field that gives none. The first error is kept in `*error` unless
// it already holds one; the field is then unspecified.
ProfileField ReadProfileField(const toml::table& table, uint32_t default_date_formats, absl::Status* error);

// The DateFormat bits of the member "date_formats"; `absent` when absent.
uint32_t ReadDateFormats(TableReader* reader, uint32_t absent);

}  // namespace sabun
