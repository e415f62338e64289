// A stand-in for the hub: takes registration tasks over HTTP, checks records as a strict hub would, and misbehaves on
// demand.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <simdjson.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/pmh_sim/fault_plan.h"
#include "tests/pmh_sim/hub_registry.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace sabun {

// How the stand-in is set up.
struct PmhSimOptions {
  std::string listen = "127.0.0.1:0";
  std::string faults;      // See FaultPlan::Grammar.
  std::string state_file;  // Empty: nothing is kept over restarts.
  std::string client;      // "ID:SECRET" of the only client that gets a token; empty: anybody gets one.
  absl::Duration token_life = absl::Hours(1);
  std::size_t max_items = 1000;
  std::string tls_cert_file;  // With tls_key_file: HTTPS.
  std::string tls_key_file;
  std::string tls_client_ca_file;  // Clients must show a certificate of this authority.
};

// What the stand-in was asked.
struct PmhSimStats {
  std::uint64_t requests = 0;       // All calls of the hub's API.
  std::uint64_t tokens = 0;         // Tokens given.
  std::uint64_t posts = 0;          // Arrays that became a task.
  std::uint64_t refused_posts = 0;  // Arrays refused as a whole, and calls without a valid token.
  std::uint64_t polls = 0;          // Questions for a task.
  std::uint64_t held = 0;           // Records the hub holds now.
  RegistryCounts records;
};

// A running stand-in. Thread-safe.
class PmhSim {
 public:
  // Binds and serves. INVALID_ARGUMENT (address, faults, journal), UNAVAILABLE (port, file).
  static absl::StatusOr<std::unique_ptr<PmhSim>> Start(const PmhSimOptions& options);

  // Stops as Stop does.
  ~PmhSim();

  // Breaks every connection and ends. What was answered is in the state file.
  void Stop();

  int port() const { return port_; }
  // "http://127.0.0.1:PORT".
  std::string url() const;

  // What the hub holds: one JSON object a record, in key order.
  std::vector<std::string> Records() const;
  PmhSimStats Stats() const;
  absl::Status SetFaults(absl::string_view spec) { return faults_.Set(spec); }
  // Forgets records, tasks, tokens and counts. Faults stay.
  absl::Status Reset();

 private:
  // An element that may be applied, or why not.
  struct JudgedElement {
    ElementVerdict broken;
    std::optional<RegistryElement> element;  // Without `broken`.
  };
  struct OpenTask {
    int polls_left = 0;
    bool never = false;
  };

  explicit PmhSim(const PmhSimOptions& options);
  absl::Status Bind();
  void AddApiRoutes();
  void AddListingRoute();
  void AddSimRoutes();

  void Token(const httplib::Request& request, httplib::Response& response);
  void Register(const httplib::Request& request, httplib::Response& response);
  void Task(const httplib::Request& request, httplib::Response& response);
  void StreamRecords(httplib::Response& response) const;

  bool Authorized(const httplib::Request& request) const;
  // Does what a fault says before the call; true when the call is over.
  bool Spoiled(const CallFaults& faults, const httplib::Request& request, httplib::Response& response);
  void Answer(const CallFaults& faults, const httplib::Request& request, httplib::Response& response) const;
  void Refuse(int status, const BrokenRule& why, httplib::Response& response);
  // Why the array is refused as a whole.
  std::optional<BrokenRule> CheckArray(const simdjson::dom::array& elements);
  JudgedElement Judge(const simdjson::dom::element& element);
  ElementVerdict Apply(JudgedElement judged, bool twice);
  absl::StatusOr<std::string> Accept(std::vector<JudgedElement> elements, const CallFaults& faults);
  // With the lock held.
  absl::StatusOr<std::string> ApplyAll(std::vector<JudgedElement> elements, const CallFaults& faults);

  const PmhSimOptions options_;
  const std::string nonce_;  // Keeps task ids apart over restarts.
  FaultPlan faults_;
  std::unique_ptr<httplib::Server> server_;
  std::string scheme_ = "http";
  std::string host_;
  int port_ = -1;
  std::thread thread_;
  std::once_flag stopped_;

  mutable std::mutex mutex_;
  std::unique_ptr<HubRegistry> registry_;
  std::map<std::string, OpenTask> open_tasks_;
  std::vector<std::vector<JudgedElement>> deferred_;  // Arrays that nobody got an answer for, not applied yet.
  std::map<std::string, absl::Time> tokens_;
  PmhSimStats stats_;
  std::uint64_t next_task_ = 0;
  std::uint64_t next_token_ = 0;
};

}  // namespace sabun
