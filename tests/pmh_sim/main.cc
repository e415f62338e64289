// The program `pmh-sim`: see pmh_sim.h.
#include <csignal>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "tests/pmh_sim/pmh_sim.h"

int main(int argc, char** argv) {
  sabun::PmhSimOptions options;
  double token_seconds = 3600;
  CLI::App app("A stand-in for the hub, for tests, rehearsals and the quick start.", "pmh-sim");
  app.footer(std::string(sabun::FaultPlan::Grammar()));
  app.add_option("--listen", options.listen, "HOST:PORT; port 0 takes a free one")->required();
  app.add_option("--faults", options.faults, "what shall go wrong, see below; POST /sim/faults replaces it");
  app.add_option("--state", options.state_file, "file that keeps what was accepted over restarts");
  app.add_option("--require-token", options.client,
                 "ID:SECRET of the only client that gets a token; else anybody does");
  app.add_option("--token-seconds", token_seconds, "life of a token")->check(CLI::PositiveNumber);
  app.add_option("--max-items", options.max_items, "elements per call, above that 413")->check(CLI::PositiveNumber);
  app.add_option("--tls-cert", options.tls_cert_file, "PEM file: serve HTTPS");
  app.add_option("--tls-key", options.tls_key_file, "PEM file of the key");
  app.add_option("--tls-client-ca", options.tls_client_ca_file, "PEM file: clients must show a certificate of it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  options.token_life = absl::Seconds(token_seconds);

  // Blocked before any thread starts, so that only sigwait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const auto sim = sabun::PmhSim::Start(options);
  if (!sim.ok()) {
    std::fprintf(stderr, "pmh-sim: %s\n", std::string(sim.status().message()).c_str());
    return sim.status().code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
  }
  std::printf("pmh-sim listening on %s\n", (*sim)->url().substr((*sim)->url().find("//") + 2).c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  (*sim)->Stop();
  return 0;
}
