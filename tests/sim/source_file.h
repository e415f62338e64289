// What the simulated source system hands over.
#pragma once

#include <string>
#include <vector>

#include "engine/record/change.h"
#include "tests/sim/oracle.h"

namespace sabun::sim {

// One row of a snapshot.
struct Row {
  std::string key;
  Content content;
  bool is_delete = false;
  bool is_unreadable = false;
  int padding = 0;  // cosmetic
};

// What a source hands over.
struct SourceFile {
  SnapshotKind kind = SnapshotKind::kComplete;
  std::vector<Row> rows;
  bool torn = false;  // its end does not say what is in it
  bool compare_only = false;
  bool against_hub = false;  // the rows are what the hub holds
};

}  // namespace sabun::sim
