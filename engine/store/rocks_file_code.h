// A keyed code of every table file, kept in the manifest: whoever changes or exchanges a file without the key is found
// by a verification, however well the file's own checksums fit. Included by rocks_*.cc alone.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/metadata.h>

#include <memory>

#include "absl/status/status.h"
#include "engine/base/pace.h"
#include "engine/base/secret_bytes.h"

namespace sabun {

// HMAC-SHA-256 over what is in the file, before encryption.
std::shared_ptr<rocksdb::FileChecksumGenFactory> NewFileCodes(const SecretBytes& key);

// Whether the manifest has a code of the file; those from before there were codes have none.
bool HasFileCode(const rocksdb::LiveFileMetaData& file);

// A file, and how it is read and coded.
struct CodedFile {
  const rocksdb::LiveFileMetaData& file;
  rocksdb::Env* env;
  rocksdb::FileChecksumGenFactory* codes;
};
// Reads the file. Errors: DATA_LOSS (another code), CANCELLED, those of the disk.
absl::Status VerifyFileCode(const CodedFile& coded, Pace* pace);

}  // namespace sabun
