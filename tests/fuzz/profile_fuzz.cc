// Any text is a profile or an INVALID_ARGUMENT with a line; a profile's digest is the same when it is read again.
#include <string>

#include "adapters/pmh/hub_profile.h"
#include "engine/canonical/canonicalizer.h"
#include "engine/canonical/profile.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sabun::fuzz::Require;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto profile = sabun::ParseProfile(text);
  if (profile.ok()) {
    const auto again = sabun::ParseProfile(profile->text);
    Require(again.ok() && sabun::RulesDigest(*again) == sabun::RulesDigest(*profile), "the digest is stable");
    const sabun::Canonicalizer canonicalizer(*profile);
    sabun::CanonicalValues values;
    std::vector<sabun::Finding> findings;
    const std::vector<absl::string_view> row(profile->fields.size(), "1");
    canonicalizer.Run(row, &values, &findings);
  } else {
    Require(absl::IsInvalidArgument(profile.status()), "another text is an INVALID_ARGUMENT");
  }
  const auto hub = sabun::ParseHubProfile(text);
  Require(hub.ok() || !hub.status().message().empty(), "a reason is given");
  return 0;
}
