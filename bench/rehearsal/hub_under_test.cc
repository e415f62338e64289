#include "bench/rehearsal/hub_under_test.h"

#include <httplib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {

absl::Duration PostDelay(const HubPace& pace, double round_records, double unhindered_rate) {
  if (pace.records_per_second <= 0 || unhindered_rate <= 0) return absl::ZeroDuration();
  const double seconds = round_records / pace.records_per_second - round_records / unhindered_rate;
  return absl::Seconds(std::max(0.0, seconds));
}

absl::StatusOr<std::unique_ptr<HubUnderTest>> HubUnderTest::Start(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::string program, ProgramBesideThis("pmh-sim"));
  ASSIGN_OR_RETURN(auto process, ChildProcess::Start({program, "--listen", "127.0.0.1:0"}, directory + "/pmh-sim"));
  return absl::WrapUnique(new HubUnderTest(std::move(process)));
}

absl::Status HubUnderTest::SetPace(absl::Duration post_delay, absl::Duration latency) {
  const std::string faults = absl::StrCat("latency:ms=", absl::ToInt64Milliseconds(post_delay),
                                          ",on=register;latency:ms=", absl::ToInt64Milliseconds(latency), ",on=all");
  httplib::Client http(url());
  const auto answer = http.Post("/sim/faults", faults, "text/plain");
  if (answer && answer->status == 204) return absl::OkStatus();
  return absl::UnavailableError("pmh-sim does not take its pace");
}

absl::StatusOr<uint64_t> HubUnderTest::Held() {
  httplib::Client http(url());
  const auto answer = http.Get("/sim/stats");
  if (!answer || answer->status != 200) return absl::UnavailableError("pmh-sim does not answer");
  const nlohmann::json stats = nlohmann::json::parse(answer->body, nullptr, false);
  if (!stats.is_object() || !stats.contains("held")) return absl::UnavailableError("pmh-sim answers something else");
  return stats["held"].get<uint64_t>();
}

}  // namespace sabun::bench
