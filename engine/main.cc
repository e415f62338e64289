// sabund: the engine as a gRPC server, and nothing else.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <optional>

#include "engine/arguments.h"
#include "engine/base/coded_error.h"
#include "engine/base/directory_lock.h"
#include "engine/base/disk_file.h"
#include "engine/base/memory_reserve.h"
#include "engine/base/process_lock.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/erasures.h"
#include "engine/restored_store.h"
#include "engine/service/server.h"
#include "engine/store_keys.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

// tcmalloc's; null with another allocator.
extern "C" void MallocExtension_ReleaseFreeMemory() __attribute__((weak));

namespace sabun {
namespace {

constexpr const char* kVersion = "0.1.0";
constexpr int kExitFailed = 1;
constexpr absl::Duration kDrain = absl::Seconds(10);
constexpr absl::Duration kDrainAfterFailure = absl::Seconds(1);
constexpr unsigned kWatchdogSeconds = 20, kWatchdogAfterFailureSeconds = 8;
constexpr absl::Duration kIdleSnapshot = absl::Minutes(10);

// Where the key comes from. A new store for which no way was named gets a new key beside its directory; an existing one
// never does, because its old key would be needed.
absl::StatusOr<KeySource> SourceOfKey(const Arguments& arguments) {
  KeySource source = arguments.key;
  if (!source.credential.empty() || !source.shares.empty() || !source.command.empty() || !source.file.empty()) {
    return source;
  }
  source.file = arguments.data + ".key";
  for (const std::string& path : {arguments.data + "/rocksdb/CURRENT", KeyRingPath(arguments.data), source.file}) {
    ASSIGN_OR_RETURN(const bool exists, FileExists(path));
    if (exists) return source;
  }
  RETURN_IF_ERROR(WriteKeyFile(source.file, NewKey().view()));
  spdlog::warn("made a new encryption key: {}; keep it on another disk than the data, and back it up", source.file);
  return source;
}

// A failure is not the end: files go on under the epoch before, and the next minute tries again.
void RotateKeys(const Arguments& arguments, KeyRing* keys, Clock* clock) {
  const absl::StatusOr<bool> begun = RotateEpoch(keys, absl::Hours(24) * arguments.key_epoch_days, clock);
  if (!begun.ok()) spdlog::error("code=KEY-EPOCH-LATE {}", InBothLanguages(begun.status()));
  if (begun.ok() && *begun) spdlog::info("code=KEY-EPOCH-BEGUN epoch={}", keys->Newest().epoch);
}

// A store that was just restored may come to a machine without its log: somebody restored it on purpose.
AuditOptions AuditOf(const Arguments& arguments, bool restored) {
  AuditOptions options = arguments.audit;
  options.accept_loss = options.accept_loss || restored;
  if (options.directory.empty()) options.directory = arguments.data + "/audit";
  if (arguments.audit_keep_days > 0) options.keep = absl::Hours(24) * arguments.audit_keep_days;
  return options;
}

void ReportAudit(const absl::Status& status) {
  if (!status.ok()) spdlog::error("audit: {}", std::string(status.message()));
}

void PruneAudit(AuditLog* log) {
  const absl::StatusOr<uint64_t> pruned = log->Prune();
  ReportAudit(pruned.status());
  if (pruned.ok() && *pruned > 0) spdlog::info("code=AUDIT-PRUNED entries={} erased after their time", *pruned);
}

void ReportAccess(const absl::Status& status, const std::string& digest) {
  if (status.ok()) {
    spdlog::info("access rules in force: SHA-256 {}", digest);
  } else {
    spdlog::error("the changed access file cannot be used, the rules before stay: {}", std::string(status.message()));
  }
}

absl::StatusOr<std::shared_ptr<AccessFile>> OpenAccess(const std::string& path) {
  if (!path.empty()) return AccessFile::Open(path, ReportAccess);
  spdlog::warn("no --access: whoever can connect may do everything; for development only");
  return nullptr;
}

// The engine has replayed the journal: says what came of it, and lets the note go.
absl::Status FollowUpRestore(const Engine& engine, const std::string& data) {
  const ReplayCounts& counts = engine.replayed();
  spdlog::warn(
      "code=RESTORED backup={} batches={} sent={} receipts={} unknown={} doubtful={}: what is unknown is settled by "
      "the next submission; nothing new is sent before a complete snapshot of each dataset",
      engine.options().restored->backup, counts.batches, counts.sent, counts.receipts, counts.unknown, counts.doubtful);
  for (const auto& [number, records] : counts.of_no_dataset) {
    spdlog::error(
        "code=RESTORED-WITHOUT-DATASET number={} records={}: a dataset was made after this backup, and these "
        "records of it were sent. They are at the hub, and nobody here knows them: make the dataset again, push it "
        "complete, and compare with the hub what was withdrawn since (sabun verify --against-hub). / "
        "このバックアップの後に作られた対象データがあり、その記録が送られています。対象データを作り直し、"
        "全件を取り込み、その後に取り下げられたものを登録先と突き合わせてください。",
        number, records);
  }
  return EraseRestoreNote(data);
}

void EraseWhatIsOld(Engine* engine) {
  const absl::StatusOr<uint64_t> bodies = ApplyRetention(engine);
  if (!bodies.ok()) spdlog::error("code=RETENTION-FAILED {}", InBothLanguages(bodies.status()));
  if (bodies.ok() && *bodies > 0) spdlog::info("code=RETENTION contents={} erased after their time", *bodies);
}

// What a crash interrupted goes on; what is busy is tried again a minute later.
void FinishErasure(Erasures* erasures) {
  const absl::StatusOr<bool> finished = erasures->Finish();
  if (!finished.ok()) spdlog::warn("code=ERASURE-UNFINISHED {}", InBothLanguages(finished.status()));
  if (finished.ok() && *finished) spdlog::info("code=ERASURE-FINISHED the certificate is in DIR/certificates");
}

void ReportDamage(const StoreFinding& found) {
  spdlog::error("code=STORE-DAMAGED dataset={} check={} problem={}: stop, and restore the newest sound backup",
                found.dataset, found.finding.check, found.finding.problem);
}

// The last resort when stopping hangs; the next start recovers as after any crash.
void EndAtOnce(int) {
  constexpr char kLine[] = "sabund: SHUTDOWN-HUNG: a call or the disk did not end in time; ended by the watchdog\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kLine, sizeof(kLine) - 1);
  _exit(kExitFailed);
}

// Nobody knows what is stored after a failure: the main thread is woken to end the process, and ended if it cannot.
void EndAfterFailure(const absl::Status&) {
  alarm(kWatchdogAfterFailureSeconds);
  kill(getpid(), SIGTERM);
}

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const Arguments& arguments, const std::shared_ptr<KeyRing>& keys,
                                                 bool is_restored) {
  RocksStoreOptions options;
  options.directory = arguments.data;
  options.keys = keys;
  options.cache_bytes = arguments.cache_mib << 20;
  options.witness = arguments.witness.empty() ? arguments.data + ".witness" : arguments.witness;
  // A restored directory is of an earlier time on purpose, and the engine finds out what has been sent since.
  options.accept_as_it_is = arguments.accept_store || is_restored;
  options.on_failure = EndAfterFailure;
  auto store = OpenRocksStore(options);
  if (store.ok() && arguments.accept_store) {
    spdlog::warn(
        "STORE-ACCEPTED: {} was taken as it is and got a new witness, {}. What was committed after the time of this "
        "copy is not known any more: the hub may hold records that the store does not know. Compare it with the hub "
        "before anything is sent. Start again without the flag. / "
        "現状のまま受け入れ、新しい証人ファイルを作成しました。この時点より後の登録はストアに残っていません。送信の前に"
        "連携先と突き合わせ、このオプションなしで再起動してください。",
        arguments.data, options.witness);
  }
  return store;
}

absl::Status Serve(const Arguments& arguments, const sigset_t& stop_signals) {
  RETURN_IF_ERROR(LockProcess(arguments.allow_debugger));
  if (!SecretsAreLocked()) spdlog::warn("keys are not locked in memory: raise the limit of locked memory to 1 MiB");
  RETURN_IF_ERROR(MakeFolder(arguments.data + "/spool"));
  ASSIGN_OR_RETURN(const std::unique_ptr<DirectoryLock> lock, DirectoryLock::Take(arguments.data));
  // Beside the data, so that it is there when the data is not; on another disk, if --sent-journal says so.
  JournalOptions journal_options{arguments.journal.empty() ? arguments.data + ".sent" : arguments.journal, nullptr};
  ASSIGN_OR_RETURN(std::optional<RestoreNote> restored, ReadRestoreNote(arguments.data, journal_options));
  SystemClock clock;
  ASSIGN_OR_RETURN(const KeySource source, SourceOfKey(arguments));
  ASSIGN_OR_RETURN(const std::shared_ptr<KeyRing> keys, OpenStoreKeys(arguments.data, source, &clock));
  journal_options.keys = keys;
  journal_options.on_failure = EndAfterFailure;
  if (restored) restored->journal.keys = keys;
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenStore(arguments, keys, restored.has_value()));
  if (arguments.accept_store) return absl::OkStatus();
  // Only now: a store that is refused stays as it is.
  RotateKeys(arguments, keys.get(), &clock);
  ASSIGN_OR_RETURN(const std::unique_ptr<Journal> journal, Journal::Open(journal_options));

  EngineOptions engine_options;
  engine_options.data_directory = arguments.data;
  engine_options.version = kVersion;
  engine_options.ledger.journal = journal.get();
  engine_options.restored = std::move(restored);
  engine_options.spool_directory = arguments.data + "/spool";
  engine_options.row_memory_bytes = arguments.row_memory_mib << 20;
  engine_options.delta_memory_bytes = arguments.delta_memory_mib << 20;
  // Three quarters are kept: what is kept is not there for the store's cache, which fills when the rows have gone.
  MemoryReserve row_reserve(engine_options.row_memory_bytes / 2);
  if (engine_options.row_memory_bytes >= 2 * MemoryReserve::kPieceBytes) engine_options.row_reserve = &row_reserve;
  engine_options.keys = keys;
  ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, Engine::Open(store.get(), &clock, engine_options));
  ASSIGN_OR_RETURN(const std::unique_ptr<AuditLog> audit_log,
                   AuditLog::Open(store.get(), &clock, AuditOf(arguments, engine_options.restored.has_value())));
  AuditRecorder recorder(audit_log.get(), &clock);
  if (engine_options.restored) RETURN_IF_ERROR(FollowUpRestore(*engine, arguments.data));
  Scrub scrub(engine.get(), {absl::Hours(1) * arguments.scrub_every_hours, arguments.scrub_mib_per_second << 20},
              &ReportDamage);
  ServerOptions server_options;
  Erasures erasures(engine.get());
  server_options.scrub = &scrub;
  server_options.erasures = &erasures;
  server_options.transport = arguments.transport;
  server_options.max_snapshots = arguments.max_snapshots;
  server_options.source_silence = absl::Minutes(arguments.source_silence_minutes);
  server_options.version = kVersion;
  server_options.clock = &clock;
  server_options.audit_log = audit_log.get();
  server_options.audit = &recorder;
  ASSIGN_OR_RETURN(server_options.access, OpenAccess(arguments.access));
  ASSIGN_OR_RETURN(const std::unique_ptr<Server> server, Server::Start(engine.get(), server_options));
  FinishErasure(&erasures);
  // What the start needed: mostly the store's last log.
  if (&MallocExtension_ReleaseFreeMemory != nullptr) MallocExtension_ReleaseFreeMemory();
  std::cout << "sabund listening on " << server->address() << std::endl;

  const timespec interval{60, 0};
  int signal = 0, minutes = 0;
  while ((signal = sigtimedwait(&stop_signals, nullptr, &interval)) < 0) {
    engine->DropIdleSnapshots(kIdleSnapshot);
    RotateKeys(arguments, keys.get(), &clock);
    FinishErasure(&erasures);
    if (minutes++ % 60 == 0) {
      EraseWhatIsOld(engine.get());
      PruneAudit(audit_log.get());
    }
    ReportAudit(recorder.CloseIntervals(/*all=*/false));
  }
  if (const absl::Status health = engine->Health(); !health.ok()) {
    server->Stop(kDrainAfterFailure);
    return health;
  }
  spdlog::info("stopping: running calls have {} seconds", absl::ToInt64Seconds(kDrain));
  alarm(static_cast<unsigned>(absl::ToInt64Seconds(kDrain)) + kWatchdogSeconds);
  server->Stop(kDrain);
  ReportAudit(recorder.CloseIntervals(/*all=*/true));
  spdlog::info("stopped");
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Arguments arguments;
  if (const std::optional<int> ended = ParseArguments(argc, argv, kVersion, &arguments)) return *ended;
  umask(0077);  // what is made here, the socket included, is for this user alone
  spdlog::set_default_logger(spdlog::stderr_color_mt("sabund"));
  // Blocked before any thread exists, so that only the main thread takes them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::signal(SIGALRM, EndAtOnce);
  const absl::Status status = Serve(arguments, stop_signals);
  if (status.ok()) return 0;
  spdlog::error("{}", InBothLanguages(status));
  return absl::IsInvalidArgument(status) ? Arguments::kExitWrongUse : kExitFailed;
}

}  // namespace
}  // namespace sabun

int main(int argc, char** argv) { return sabun::Main(argc, argv); }
