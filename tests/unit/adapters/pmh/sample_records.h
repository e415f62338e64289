// The shipped profile and records that fit it.
#pragma once

#include <map>
#include <string>

#include "adapters/pmh/hub_profile.h"

namespace sabun {

// The text of adapters/profiles/pmh-certificate-history.toml.
std::string ShippedProfile();

// The same with waits of about a millisecond and without jitter, and with "FROM" replaced by "TO" for each pair.
std::string ImpatientProfile(const std::map<std::string, std::string>& replacements = {});

// Parses, or ends the test program.
HubProfile Parsed(const std::string& toml);

// A record of the published sample's person as packed fields, with the given values in place of its own.
std::string SampleRecord(const std::map<std::string, std::string>& values = {});

}  // namespace sabun
