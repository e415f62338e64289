// Reads a source of rows to its end, as a session does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/client/row_source.h"
#include "adapters/file/column_plan.h"

namespace sabun::bench {

// What the engine says of a dataset with the built-in profile: its fields and keys, and secrets made of letters.
v1::Begun BegunForBuiltinProfile();
file::RecordShape ShapeOf(const v1::Begun& begun);

// All entries of the first pass, 32 bytes each. Fails the test when first ordinals are not consecutive.
std::string TakeEntries(client::RowSource& source);

// The rows asked for, packed one behind the other.
std::string TakeRows(client::RowSource& source, const std::vector<uint64_t>& ordinals);

// How many entries differ; both have the same length.
size_t CountDifferent(const std::string& entries, const std::string& others);

}  // namespace sabun::bench
