// Files of frames as RocksDB sees them: what is in the frames, one after the other. Included by rocks_*.cc alone.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>

#include "engine/base/secret_bytes.h"

namespace sabun {

// A file of frames, open behind its head, and what it takes to read or write it.
struct FrameKey {
  SecretBytes key;
  bool is_log = false;  // or a manifest, which has the same format
};

// Each Append is a frame, or several when it is very large. After a failed one every other is refused: nobody knows
// what is in the file, and no place in it is ever written twice.
std::unique_ptr<rocksdb::FSWritableFile> NewFrameWriter(std::unique_ptr<rocksdb::FSWritableFile> file,
                                                        const FrameKey& key);

// Reads up to the first frame that is not whole. How that is told to RocksDB: of a log or a manifest as if the writer
// had died within a record, where a power loss can explain it, and as a record whose checksum is wrong where it cannot;
// of another file as Corruption.
std::unique_ptr<rocksdb::FSSequentialFile> NewFrameReader(std::unique_ptr<rocksdb::FSSequentialFile> file,
                                                          const FrameKey& key);

// How much is in the whole frames; reads the file.
rocksdb::IOStatus CountFramedBytes(std::unique_ptr<rocksdb::FSSequentialFile> file, const FrameKey& key,
                                   uint64_t* bytes);

}  // namespace sabun
