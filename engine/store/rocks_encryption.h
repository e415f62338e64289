// Encryption of every file that RocksDB writes. Included by rocks_store.cc alone.
#pragma once

#include <memory>

#include <rocksdb/env.h>

#include "keys/key_ring.h"

namespace sabun {

// An environment that encrypts each file with a key of its own, on `files`: new ones under the ring's newest epoch. A
// file whose epoch the ring does not have is refused with InvalidArgument.
std::unique_ptr<rocksdb::Env> NewEncryptedEnvironment(std::shared_ptr<const KeyRing> keys,
                                                      const std::shared_ptr<rocksdb::FileSystem>& files);

}  // namespace sabun
