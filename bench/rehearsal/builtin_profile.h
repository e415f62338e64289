// The profile that synthetic extracts follow.
#pragma once

#include "absl/strings/string_view.h"

namespace sabun::bench {

// The text of adapters/profiles/pmh-certificate-history.toml as it was when this program was built.
absl::string_view BuiltinProfile();

}  // namespace sabun::bench
