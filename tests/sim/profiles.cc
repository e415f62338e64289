// Versions of one profile: fields come, move and gain rules, and no record becomes another one by it.
#include "tests/sim/profiles.h"

#include <utility>
#include <vector>

#include "engine/base/check.h"

namespace sabun::sim {
namespace {

constexpr char kHead[] = R"(
[profile]
name = "simulated"
version = "1"
[record]
key = ["id"]
identity = ["myNumber"]
[hub]
max_records = 5
request_timeout_seconds = 5
renew_lease_seconds = 5
requests_per_second = 100
[hub.auth]
client_id = "simulation"
[hub.retry]
jitter = 0.0
[hub.circuit]
jitter = 0.0
[[error]]
code = "E9001"
class = "transient"
remedy_ja = "-"
remedy_en = "-"
)";
constexpr char kId[] = R"([[field]]
name = "id"
required = true
canonical = ["trim"]
path = "id"
)";
constexpr char kMemo[] = R"([[field]]
name = "memo"
path = "memo"
)";
constexpr char kNumber[] = R"([[field]]
name = "myNumber"
required = true
canonical = ["trim"]
path = "myNumber"
)";
constexpr char kName[] = R"([[field]]
name = "name"
required = true
canonical = ["trim", "nfc"]
path = "name"
)";

struct Version {
  std::string text;
  HubProfile hub;
};

const std::vector<Version>& Versions() {
  static const std::vector<Version> versions = [] {
    std::vector<Version> made;
    for (const std::string& fields : {std::string(kId) + kNumber + kName, std::string(kId) + kMemo + kNumber + kName,
                                      std::string(kName) + kNumber + kId}) {
      Version version{kHead + fields, {}};
      auto hub = ParseHubProfile(version.text);
      SABUN_CHECK(hub.ok());
      version.hub = *std::move(hub);
      made.push_back(std::move(version));
    }
    return made;
  }();
  return versions;
}

}  // namespace

size_t ProfileVersions() { return Versions().size(); }
const std::string& ProfileText(size_t version) { return Versions()[version].text; }
const HubProfile& ProfileForHub(size_t version) { return Versions()[version].hub; }

}  // namespace sabun::sim
