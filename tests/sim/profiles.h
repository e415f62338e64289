// The profiles of a simulation.
#pragma once

#include <cstddef>
#include <string>

#include "adapters/pmh/hub_profile.h"

namespace sabun::sim {

// The versions of the profile, which all mean the same records.
size_t ProfileVersions();
const std::string& ProfileText(size_t version);
const HubProfile& ProfileForHub(size_t version);

}  // namespace sabun::sim
