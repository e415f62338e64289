#include "tests/support/engine_host.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/channel.h"
#include "engine/backups.h"
#include "engine/base/status_macros.h"
#include "engine/store_keys.h"

namespace sabun {
namespace {

constexpr int kCopyAttempts = 20;

// The store may delete a file it no longer needs in the middle of the copy; then the copy is made again.
absl::Status CopyDirectory(const std::string& from, const std::string& to) {
  std::error_code error;
  for (int attempt = 0; attempt < kCopyAttempts; ++attempt) {
    std::filesystem::remove_all(to, error);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, error);
    if (!error) return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("copying the store: ", error.message()));
}

}  // namespace

EngineStubs::EngineStubs(const std::shared_ptr<grpc::Channel>& channel)
    : datasets(v1::DatasetService::NewStub(channel)),
      intake(v1::IntakeService::NewStub(channel)),
      change_sets(v1::ChangeSetService::NewStub(channel)),
      submission(v1::SubmissionService::NewStub(channel)),
      rejects(v1::RejectService::NewStub(channel)),
      admin(v1::AdminService::NewStub(channel)) {}

absl::StatusOr<std::unique_ptr<EngineHost>> EngineHost::Start(EngineOptions options) {
  auto host = absl::WrapUnique(new EngineHost(std::move(options)));
  host->data_ = absl::StrCat(host->directory_.path(), "/data");
  RETURN_IF_ERROR(host->Open());
  return host;
}

EngineHost::~EngineHost() { Close(); }

absl::Status EngineHost::Open() {
  std::error_code error;
  std::filesystem::create_directories(absl::StrCat(data_, "/spool"), error);
  if (error) return absl::UnavailableError(error.message());
  RocksStoreOptions store;
  store.directory = data_;
  const std::string key_file = absl::StrCat(directory_.path(), "/key");
  if (!std::filesystem::exists(key_file)) RETURN_IF_ERROR(WriteKeyFile(key_file, NewKey().view()));
  ASSIGN_OR_RETURN(keys_, OpenStoreKeys(data_, {.file = key_file}, &clock_));
  store.keys = keys_;
  store.cache_bytes = 8 << 20;
  store.witness = data_ + ".witness";
  store.accept_as_it_is = restored_.has_value();
  ASSIGN_OR_RETURN(store_, OpenRocksStore(store));
  EngineOptions options = options_;
  options.data_directory = data_;
  options.keys = keys_;
  options.spool_directory = absl::StrCat(data_, "/spool");
  const JournalOptions journal{absl::StrCat(directory_.path(), "/sent"), keys_};
  ASSIGN_OR_RETURN(journal_, Journal::Open(journal));
  options.ledger.journal = journal_.get();
  options.restored = std::exchange(restored_, std::nullopt);
  if (options.restored) options.restored->journal = journal;
  ASSIGN_OR_RETURN(engine_, Engine::Open(store_.get(), &clock_, options));
  ServerOptions server;
  server.transport.listen = "127.0.0.1:0";
  server.transport.insecure_loopback = true;
  server.version = "test";
  server.clock = &clock_;
  AuditOptions audit;
  audit.directory = absl::StrCat(data_, "/audit");
  audit.accept_loss = options.restored.has_value();
  ASSIGN_OR_RETURN(audit_log_, AuditLog::Open(store_.get(), &clock_, audit));
  recorder_ = std::make_unique<AuditRecorder>(audit_log_.get(), &clock_);
  server.audit_log = audit_log_.get();
  server.audit = recorder_.get();
  erasures_ = std::make_unique<Erasures>(engine_.get());
  server.erasures = erasures_.get();
  RETURN_IF_ERROR(erasures_->Finish().status());
  ASSIGN_OR_RETURN(server_, Server::Start(engine_.get(), server));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, client::OpenChannel(server_->address()));
  stubs_ = std::make_unique<EngineStubs>(channel);
  return absl::OkStatus();
}

void EngineHost::Close() {
  stubs_.reset();
  if (server_ != nullptr) server_->Stop(absl::ZeroDuration());
  server_.reset();
  erasures_.reset();
  recorder_.reset();
  audit_log_.reset();
  engine_.reset();
  journal_.reset();
  store_.reset();
}

absl::Status EngineHost::Restart() {
  Close();
  return Open();
}

absl::Status EngineHost::Crash() {
  const std::string copy = absl::StrCat(directory_.path(), "/data", ++copies_);
  // The witness first: it is never ahead of the store.
  std::error_code error;
  std::filesystem::copy_file(data_ + ".witness", copy + ".witness", error);
  if (error) return absl::UnavailableError(absl::StrCat("copying the witness: ", error.message()));
  RETURN_IF_ERROR(CopyDirectory(data_, copy));
  Close();
  data_ = copy;
  return Open();
}

absl::Status EngineHost::BackUp() {
  Pace pace;
  return Backups(engine_.get()).Create(absl::StrCat(directory_.path(), "/backups"), 0, &pace).status();
}

absl::Status EngineHost::Restore() {
  const std::string folder = absl::StrCat(directory_.path(), "/backups");
  ASSIGN_OR_RETURN(const BackupFolder backups, BackupFolder::Open(folder));
  ASSIGN_OR_RETURN(const BackupManifest newest, backups.Find(""));
  Close();
  data_ = absl::StrCat(directory_.path(), "/data", ++copies_);
  std::filesystem::create_directories(data_ + "/rocksdb");
  std::filesystem::copy_file(folder + "/keyring", data_ + "/keyring");
  for (const BackupFile& file : newest.files) {
    std::filesystem::copy_file(absl::StrCat(folder, "/files/", file.stored),
                               absl::StrCat(data_, "/rocksdb/", file.name));
  }
  restored_ = RestoreNote{absl::StrCat("restore ", copies_), newest.id, {}, newest.journal_segment};
  return Open();
}

}  // namespace sabun
