#include "tests/unit/adapters/client/fake_intake.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

namespace sabun::client {

FakeIntake::FakeIntake() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

FakeIntake::~FakeIntake() { server_->Shutdown(); }

std::unique_ptr<v1::IntakeService::Stub> FakeIntake::Connect() {
  return v1::IntakeService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
}

grpc::Status FakeIntake::Sync(grpc::ServerContext*, Stream* stream) {
  v1::SyncRequest request;
  if (!stream->Read(&request) || !request.has_begin()) return {grpc::StatusCode::INVALID_ARGUMENT, "Begin expected"};
  grpc::Status status = Begin(stream, request.begin());
  if (!status.ok() || committed_.has_value()) return status;
  status = TakeFingerprints(stream);
  if (status.ok()) status = TakeRecords(stream);
  return status.ok() ? Seal(stream) : status;
}

grpc::Status FakeIntake::Begin(Stream* stream, const v1::Begin& begin) {
  snapshot_ids.push_back(begin.snapshot_id());
  const grpc::Status failure = FailureAt("begin");
  if (!failure.ok()) return failure;
  one_pass = begin.one_pass();
  if (begin.snapshot_id() != current_id_ || loses_snapshots) {
    entries.clear();
    rows.clear();
    claims.clear();
    formed.clear();
    next_ordinal_ = 0;
  }
  current_id_ = begin.snapshot_id();
  v1::SyncResponse response;
  for (const size_t part : {size_t{0}, stretches.size() / 2}) {
    if (!begin.uses_stretches() || stretches.empty()) break;
    response.mutable_stretches()->set_stretches(stretches.substr(part, stretches.size() / 2));
    stream->Write(response);
  }
  response.mutable_begun()->set_takes_stretches(begin.uses_stretches());
  response.mutable_begun()->set_next_ordinal(next_ordinal_);
  response.mutable_begun()->set_key_secret(std::string(32, 'k'));
  response.mutable_begun()->set_fingerprint_secret(std::string(32, 'f'));
  if (committed_.has_value()) *response.mutable_begun()->mutable_committed() = *committed_;
  stream->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeIntake::TakeFingerprints(Stream* stream) {
  v1::SyncRequest request;
  while (stream->Read(&request) && request.has_fingerprints()) {
    const v1::Fingerprints& message = request.fingerprints();
    if (message.first_ordinal() != next_ordinal_) return {grpc::StatusCode::INVALID_ARGUMENT, "ordinal"};
    first_ordinals.push_back(message.first_ordinal());
    next_ordinal_ = message.claimed().empty() ? next_ordinal_ + message.entries().size() / 32 : message.end_ordinal();
    entries += message.entries();
    for (int i = 0; i < message.claimed_size(); ++i)
      claims.emplace_back(message.claimed_ordinals(i), message.claimed(i));
    for (const uint64_t ordinal : message.formed_ordinals()) formed.push_back(ordinal);
    for (const v1::RowError& error : message.unreadable()) unreadable.push_back(error);
    rows += message.rows();
    for (const v1::RowError& error : message.errors()) errors.push_back(error);
    for (const uint64_t ordinal : message.deletes()) deletes.push_back(ordinal);
    v1::SyncResponse ack;
    ack.mutable_ack()->set_next_ordinal(next_ordinal_);
    stream->Write(ack);
    const grpc::Status failure = FailureAt("fingerprints");
    if (!failure.ok()) return failure;
  }
  if (!request.has_end()) return {grpc::StatusCode::CANCELLED, "the adapter went away"};
  end = request.end();
  return FailureAt("end");
}

grpc::Status FakeIntake::TakeRecords(Stream* stream) {
  records.clear();
  for (size_t i = 0; i < needed.size(); ++i) {
    v1::SyncResponse response;
    for (const uint64_t ordinal : needed[i]) response.mutable_needed()->add_ordinals(ordinal);
    response.mutable_needed()->set_last(i + 1 == needed.size());
    stream->Write(response);
    if (needed[i].empty()) continue;
    v1::SyncRequest request;
    if (!stream->Read(&request) || !request.has_records()) return {grpc::StatusCode::CANCELLED, "no Records"};
    records.push_back(request.records());
    v1::SyncResponse told;
    v1::RowError* const error = told.mutable_record_errors()->add_errors();
    error->set_ordinal(needed[i].front());
    error->set_code("FIELD-DATE");
    stream->Write(told);
    const grpc::Status failure = FailureAt("records");
    if (!failure.ok()) return failure;
  }
  return grpc::Status::OK;
}

grpc::Status FakeIntake::Seal(Stream* stream) {
  v1::SyncRequest request;
  if (!stream->Read(&request) || !request.has_commit()) return {grpc::StatusCode::CANCELLED, "no Commit"};
  ++commits;
  committed_.emplace();
  committed_->mutable_counts()->set_received(next_ordinal_);
  committed_->mutable_change_set()->set_number(7);
  const grpc::Status failure = FailureAt("commit");
  if (!failure.ok()) return failure;
  v1::SyncResponse response;
  *response.mutable_committed() = *committed_;
  stream->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeIntake::FailureAt(const std::string& stage) {
  if (failures.empty() || failures.front().first != stage) return grpc::Status::OK;
  const grpc::Status failure = failures.front().second;
  failures.erase(failures.begin());
  return failure;
}

}  // namespace sabun::client
