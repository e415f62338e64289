// Change sets and their parts as JSON and as text.
#pragma once

#include <string>
#include <vector>

#include "adapters/cli/command_context.h"
#include "nlohmann/json.hpp"
#include "sabun/v1/change_set.pb.h"
#include "sabun/v1/dataset.pb.h"

namespace sabun::cli {

// The words of the scripts' contract: "ready", "held"; "add", "update"; "pending", "in_flight".
std::string StateName(v1::ChangeSetState state);
std::string StateName(v1::ChangeState state);
std::string OpName(v1::ChangeOp op);
std::string KindName(v1::SnapshotKind kind);

// The same words for people.
std::string StateLabel(const CommandContext& context, v1::ChangeSetState state);
std::string KindLabel(const CommandContext& context, v1::SnapshotKind kind);
std::string OpLabel(const CommandContext& context, v1::ChangeOp op);

// The digest in hexadecimal.
std::string DigestText(const std::string& digest);

Json HoldsJson(const v1::ChangeSet& change_set);
Json ChangeSetJson(const v1::ChangeSet& change_set);

// A limit that was exceeded, in one sentence.
std::string HoldText(const CommandContext& context, const v1::Hold& hold);

// The counts as aligned lines; those that are 0 and seldom are left out.
std::vector<std::string> CountLines(const CommandContext& context, const v1::SnapshotCounts& counts);

// A record key for a terminal: values joined by " / ", personal key fields hidden.
std::string KeyText(const CommandContext& context, const v1::Dataset& dataset,
                    const google::protobuf::RepeatedPtrField<std::string>& key);

// "What to do next:" and commands with what they do.
struct NextStep {
  const Text& what;
  std::string command;  // without "sabun"; empty when it is no command
};
void PrintNextSteps(const CommandContext& context, const std::vector<NextStep>& steps);

}  // namespace sabun::cli
