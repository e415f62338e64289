// Encryption of every file that RocksDB writes. Included by rocks_store.cc alone.
#pragma once

#include <cstdint>
#include <memory>

#include <rocksdb/env.h>

#include "keys/key_ring.h"

namespace sabun {

// Whether a log, a manifest or a small file may be a stream, as older versions wrote them: nobody can tell who wrote
// it.
enum class OldForm : uint8_t { kRead, kRefused };

// An environment that encrypts each file with a key of its own, on `files`: new ones under the ring's newest epoch,
// tables as streams, all else as frames. A file whose epoch the ring does not have is refused with InvalidArgument.
std::unique_ptr<rocksdb::Env> NewEncryptedEnvironment(std::shared_ptr<const KeyRing> keys,
                                                      const std::shared_ptr<rocksdb::FileSystem>& files,
                                                      OldForm old_form = OldForm::kRead);

}  // namespace sabun
