// Encryption of every file that RocksDB writes. Included by rocks_store.cc alone.
#pragma once

#include <memory>
#include <string>

#include <rocksdb/env.h>

namespace sabun {

// An environment that encrypts each file with a key of its own, on `files`. `key` is 32 bytes. A file written under
// another key is refused with InvalidArgument.
std::unique_ptr<rocksdb::Env> NewEncryptedEnvironment(const std::string& key,
                                                      const std::shared_ptr<rocksdb::FileSystem>& files);

}  // namespace sabun
