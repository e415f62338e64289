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

// GMAC over what is in the file, before encryption, with a random nonce for each file, under keys derived from `key`.
// Those of older versions, HMAC-SHA-256, are known as well.
std::shared_ptr<rocksdb::FileChecksumGenFactory> NewFileCodes(const SecretBytes& key);

// Whether the manifest has a code of the file; those from before there were codes have none.
bool HasFileCode(const rocksdb::LiveFileMetaData& file);

// A file, and how it is read and coded.
struct CodedFile {
  const rocksdb::LiveFileMetaData& file;
  rocksdb::Env* env;
  rocksdb::FileChecksumGenFactory* codes;  // made by NewFileCodes
};
// Reads the file. Errors: DATA_LOSS (another code), CANCELLED, those of the disk.
absl::Status VerifyFileCode(const CodedFile& coded, Pace* pace);

}  // namespace sabun
