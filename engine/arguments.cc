#include "engine/arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "absl/strings/match.h"

namespace sabun {
namespace {

void AddTransportOptions(CLI::App& app, TransportOptions& transport) {
  app.add_option("--listen", transport.listen, "HOST:PORT (0: any free port) with TLS, or unix:PATH")->required();
  app.add_option("--tls-cert", transport.tls_cert, "PEM file: the engine's certificate and its chain");
  app.add_option("--tls-key", transport.tls_key, "PEM file: its key");
  app.add_option("--tls-client-ca", transport.tls_client_ca, "PEM file: the authorities that sign clients");
  app.add_option("--tls-crl", transport.tls_crl, "PEM file: their revocation lists, read at each connection");
  app.add_flag("--insecure-loopback", transport.insecure_loopback,
               "For development only: no TLS and no identities on 127.0.0.1 or [::1]");
}

void AddAuditOptions(CLI::App& app, AuditOptions& audit, double& keep_days) {
  app.add_option("--audit-dir", audit.directory, "Directory of the audit log (default: DIR/audit)");
  app.add_option("--audit-anchor", audit.anchor,
                 "Where the log's head is noted every minute: a file on another disk, or syslog");
  app.add_option("--audit-keep-days", keep_days, "Days after which whole segments of the log are erased; 0: never")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 36'600.0));
  app.add_flag("--audit-accept-loss", audit.accept_loss,
               "Start although entries of the audit log are missing; written down in the log");
}

void AddKeyOptions(CLI::App& app, Arguments& arguments) {
  app.add_option("--key-file", arguments.key.file,
                 "File with the key that wraps all others, 32 bytes or 64 hex digits (default: DIR.key)");
  app.add_option("--key-credential", arguments.key.credential, "The same, as a systemd credential of this name");
  app.add_option("--key-share", arguments.key.shares, "The same, split: given twice, one file of each officer")
      ->allow_extra_args(false);
  app.add_option("--key-command", arguments.key.command, "Command that prints the key; in the --config file only");
  app.add_option("--key-epoch-days", arguments.key_epoch_days, "Days after which new files get a new key; 0: never")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3650.0));
}

// A command may name secrets, and everybody on the machine can read command lines.
bool NamesKeyCommand(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const char* word) { return absl::StartsWith(word, "--key-command"); });
}

}  // namespace

std::optional<int> ParseArguments(int argc, char** argv, const char* version, Arguments* arguments) {
  CLI::App app("sabund: the differential sync engine");
  app.add_option("--data", arguments->data, "Directory of the store; created when missing")->required();
  AddTransportOptions(app, arguments->transport);
  AddAuditOptions(app, arguments->audit, arguments->audit_keep_days);
  app.add_option("--access", arguments->access, "TOML file: who may do what; read again when it changes");
  AddKeyOptions(app, *arguments);
  app.add_option(
      "--witness", arguments->witness,
      "File that knows how far the store is durable; not on the data disk, if possible (default: DIR.witness)");
  app.add_flag("--accept-store-as-it-is", arguments->accept_store,
               "Take a store that its witness refuses, make a new witness, and end; what is missing stays missing")
      ->configurable(false);
  app.add_option("--row-memory-mib", arguments->row_memory_mib,
                 "Memory for the rows of one snapshot before they are spilled; half of it is kept")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--delta-memory-mib", arguments->delta_memory_mib,
                 "Memory for each list of differences of one snapshot")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--cache-mib", arguments->cache_mib, "Memory of the store's cache and write buffers")
      ->capture_default_str()
      ->check(CLI::Range(8, 1 << 20));
  app.add_option("--max-snapshots", arguments->max_snapshots, "Snapshots taken in at the same time")
      ->capture_default_str()
      ->check(CLI::Range(1, 32));
  app.add_option("--source-silence-minutes", arguments->source_silence_minutes,
                 "How long a source may send or take nothing while the engine waits for it")
      ->capture_default_str()
      ->check(CLI::Range(1, 24 * 60));
  app.add_option("--scrub-every", arguments->scrub_every_hours,
                 "Hours between two verifications of everything that is stored; 0: never")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 8760.0));
  app.add_option("--scrub-mib-per-second", arguments->scrub_mib_per_second,
                 "Speed of these verifications; 0: as fast as it goes")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 20));
  app.add_option("--sent-journal", arguments->journal,
                 "Directory where what was sent since the last backup is noted (default: DIR.sent); best on another "
                 "disk than the data");
  app.add_flag("--allow-debugger", arguments->allow_debugger,
               "Development only: debuggers of the same user may attach");
  app.set_config("--config", "", "File with these options, one NAME=VALUE a line");
  app.set_version_flag("--version", version);
  try {
    app.parse(argc, argv);
    if (NamesKeyCommand(argc, argv)) throw CLI::ValidationError("--key-command", "belongs into the --config file");
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : Arguments::kExitWrongUse;
  }
  while (arguments->data.size() > 1 && arguments->data.back() == '/') arguments->data.pop_back();
  return std::nullopt;
}

}  // namespace sabun
