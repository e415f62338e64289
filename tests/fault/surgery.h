// One piece of damage to the closed files of a store, chosen by a seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/fault/patient.h"

namespace sabun::fault {

enum class FileKind : uint8_t { kLog, kTable, kManifest, kCurrent, kOptions, kIdentity, kKey, kWitness, kWhole };
inline constexpr int kFileKindCount = 9;
const char* ToString(FileKind kind);

struct Surgery {
  FileKind kind = FileKind::kWhole;
  std::string what;  // for people: "flip bit 3 of byte 17 of 000012.sst"
};

// Operates on `patient`. `older` is an earlier state of the same store, and the witness is left as it is when
// everything else is taken back. Kinds are taken in turn by `number`; everything else is a function of the seed.
Surgery Operate(const PatientFiles& patient, const PatientFiles& older, uint64_t number, uint64_t seed);

}  // namespace sabun::fault
