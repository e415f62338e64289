// The key ring of a data directory: found, made with a new store, or made for a store from before there were rings.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "keys/key_ring.h"
#include "keys/key_source.h"

namespace sabun {

// Its place in the data directory.
std::string KeyRingPath(const std::string& data_directory);

// Opens the ring, or makes it. Files of an old store stay as they are, under the key itself, which becomes epoch 0.
// Errors: those of KeyRing::Open and of FetchKey; FAILED_PRECONDITION (KEY-WRONG: not the old store's key).
absl::StatusOr<std::shared_ptr<KeyRing>> OpenStoreKeys(const std::string& data_directory, const KeySource& source,
                                                       Clock* clock);

// Begins a new epoch when the newest is older than `age` (zero: never), and writes copies of the ring once more that
// could not be written before. True when one was begun.
absl::StatusOr<bool> RotateEpoch(KeyRing* keys, absl::Duration age, Clock* clock);

}  // namespace sabun
