#include "engine/store/bucket_file.h"

#include <algorithm>

#include "engine/base/status_macros.h"

namespace sabun {
namespace {

constexpr size_t kWriteBytes = 1 << 20;

}  // namespace

absl::Status BucketFile::AddRun(const std::string& directory, size_t buckets,
                                const std::function<void(size_t, std::string*)>& append) {
  if (file_ == nullptr) {
    ASSIGN_OR_RETURN(file_, SpoolFile::Create(directory));
  }
  std::vector<uint64_t> starts;
  std::string bytes;
  for (size_t bucket = 0; bucket < buckets; ++bucket) {
    starts.push_back(file_->size() + bytes.size());
    append(bucket, &bytes);
    if (bytes.size() < kWriteBytes && bucket + 1 < buckets) continue;
    RETURN_IF_ERROR(file_->Append(&bytes));
    bytes.clear();
  }
  starts.push_back(file_->size());
  starts_.push_back(std::move(starts));
  return absl::OkStatus();
}

size_t BucketFile::BytesOf(size_t bucket) const {
  size_t bytes = 0;
  for (const auto& starts : starts_) bytes += starts[bucket + 1] - starts[bucket];
  return bytes;
}

absl::Status BucketFile::Read(size_t bucket, char* out) const {
  for (const auto& starts : starts_) {
    const size_t size = starts[bucket + 1] - starts[bucket];
    if (size > 0) RETURN_IF_ERROR(file_->Read(starts[bucket], size, out));
    out += size;
  }
  return absl::OkStatus();
}

absl::Status BucketFile::Visit(size_t bucket, size_t piece_bytes,
                               const std::function<absl::Status(const char*, size_t)>& take) const {
  std::string piece;
  for (const auto& starts : starts_) {
    for (uint64_t at = starts[bucket]; at < starts[bucket + 1]; at += piece.size()) {
      piece.resize(std::min<uint64_t>(piece_bytes, starts[bucket + 1] - at));
      RETURN_IF_ERROR(file_->Read(at, piece.size(), piece.data()));
      RETURN_IF_ERROR(take(piece.data(), piece.size()));
    }
  }
  return absl::OkStatus();
}

}  // namespace sabun
