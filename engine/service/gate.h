// The one place where it is decided whether a call may go on: who calls, what the access rules say about it, and which
// dataset it is about. Handlers get nothing but what passed here.
#pragma once

#include <grpcpp/server_context.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/access/access_file.h"
#include "engine/audit/recorder.h"
#include "engine/engine.h"
#include "engine/service/call_seats.h"
#include "engine/service/patience.h"
#include "engine/service/transport.h"

namespace sabun {

class Gate;

// What a request says that it is about.
struct CallTarget {
  std::string dataset;
  std::string organization = {};  // where it is about all of one
};

// One call that was let in. Used by the thread of the call.
class Call {
 public:
  // Who calls, as the access rules name him.
  const std::string& identity() const { return identity_; }
  // True without access rules: everybody who can connect may do everything, and nobody is told apart.
  bool development() const { return development_; }
  // The dataset the call is about; null for methods of another scope than one dataset.
  const std::shared_ptr<Dataset>& dataset() const { return dataset_; }
  // May read what records say. Otherwise personal fields leave the engine masked.
  bool content() const { return content_; }
  // Whether the caller may call this other method about the same dataset.
  bool MayAlso(const char* method) const;
  // Whether the answer may speak of this dataset.
  bool Sees(const std::string& dataset) const;
  // Whether the answer may speak of audit entries about this organization.
  bool Audits(const std::string& organization) const;
  // Adds to what the audit log says about this call: "records", "change_set" ...
  void Count(const char* what, uint64_t amount) { operation_->Count(what, amount); }
  // Writes the outcome down and returns it; what cannot be written down fails.
  grpc::Status Finish(const grpc::Status& status);
  // The caller went away.
  bool IsCancelled() const { return context_->IsCancelled(); }
  // Begins to wait for the caller of a stream, for as long as its next message takes, or the next one to it. The call
  // is ended after `source_silence` of one such time: its caller sees UNAVAILABLE (SOURCE-SILENT).
  std::unique_ptr<Patience::Waiting> BeginToWait() { return source_patience_->Begin(context_); }
  // The name to write down for a decision: the identity, or `given` where nobody is told apart.
  std::string NameFor(const std::string& given) const { return development_ ? given : identity_; }

 private:
  friend class Gate;
  grpc::ServerContext* context_ = nullptr;
  CallSeats::Seat seat_;
  std::shared_ptr<const Grants> grants_;
  const char* method_ = nullptr;
  const MethodRule* rule_ = nullptr;
  absl::Time began_;
  std::string identity_;
  bool development_ = false;
  bool content_ = false;
  std::shared_ptr<Dataset> dataset_;
  std::unique_ptr<AuditedOperation> operation_;
  Patience* source_patience_ = nullptr;
};

struct GateOptions {
  TransportKind transport = TransportKind::kInsecureLoopback;
  std::shared_ptr<AccessFile> access;                 // null: for development, everybody may do everything
  AuditRecorder* audit = nullptr;                     // must outlive the gate
  int max_calls_of_one = 16;                          // open at a time by one certificate
  absl::Duration first_message = absl::Seconds(30);   // for a call that has begun and holds a thread
  absl::Duration source_silence = absl::Minutes(10);  // for each later message of a stream
};

// Thread safe.
class Gate {
 public:
  // The engine and the clock must outlive it.
  Gate(Engine* engine, Clock* clock, GateOptions options);

  // Who calls, before anything is known of what about; and a seat for the call. `method` lives for ever. Errors, which
  // are written down: RESOURCE_EXHAUSTED (TOO-MANY-CALLS).
  absl::StatusOr<std::unique_ptr<Call>> Receive(grpc::ServerContext* context, const char* method);
  // Begins to wait for what a call says whose thread is taken before that. It is ended when it says nothing for
  // `first_message`, and that is to be told by NoteSilence. Errors, which are written down: UNAUTHENTICATED and
  // PERMISSION_DENIED for somebody without any grant.
  absl::StatusOr<std::unique_ptr<Patience::Waiting>> BeginToWait(const Call& call);
  // Writes down that the call said nothing, and returns what its caller saw.
  absl::Status NoteSilence(const Call& call);
  // Lets the call in, and writes its intent down first; or says why not, and writes that down: NOT_FOUND when the
  // caller may not know of the dataset or when there is none, PERMISSION_DENIED, UNAUTHENTICATED (the certificate names
  // nobody); and those of the audit log: what cannot be written down is not done.
  absl::Status Admit(Call* call, const CallTarget& target);

 private:
  absl::Status Judge(const std::string& dataset, Call* call, AuditSubject* subject);
  // Writes the refusal down and returns it.
  absl::Status Refuse(const Call& call, absl::Status why);

  Engine* const engine_;
  Clock* const clock_;
  const GateOptions options_;
  CallSeats seats_;
  Patience patience_, source_patience_;
};

}  // namespace sabun
