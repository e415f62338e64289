// The engine's structs as messages of the wire, and back.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/dataset.h"
#include "engine/snapshot.h"
#include "grpcpp/support/status.h"
#include "sabun/v1/change_set.pb.h"
#include "sabun/v1/dataset.pb.h"
#include "sabun/v1/intake.pb.h"

namespace sabun {

grpc::Status ToGrpc(const absl::Status& status);

v1::FingerprintScheme ToProto(HashScheme scheme);
void FillFields(const Rules& rules, google::protobuf::RepeatedPtrField<v1::Field>* fields,
                google::protobuf::RepeatedField<uint32_t>* key_fields);
// `whole` adds profile text and fields.
void FillDataset(Dataset& dataset, bool whole, v1::Dataset* out);
GuardLimits WithLimits(GuardLimits limits, const v1::GuardLimits& given);
void FillCounts(const SnapshotCounts& counts, v1::SnapshotCounts* out);
void FillChangeSet(const std::string& dataset, const ChangeSetInfo& info, v1::ChangeSet* out);
void FillRowError(const RowFinding& finding, v1::RowError* out);

// How a stored canonical form leaves the engine: as it is, or with "***" for every value of a personal field, which is
// what a caller gets who may not read contents.
enum class Showing { kWhole, kMasked };

// A stored canonical form as packed fields in the order of the rules' fields.
std::string ToPacked(const Rules& rules, absl::string_view canonical, Showing showing);
// The values of its record key.
std::vector<std::string> ShownKey(const Rules& rules, absl::string_view canonical, Showing showing);

}  // namespace sabun
