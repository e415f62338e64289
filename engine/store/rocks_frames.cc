#include "engine/store/rocks_frames.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "engine/store/file_head.h"
#include "engine/store/frames.h"
#include "engine/store/rocks_files.h"

namespace sabun {
namespace {

// Of RocksDB's logs and manifests: they are read in blocks, and a record begins with checksum (4 bytes), length (2) and
// type. What is shorter than that at the end of a block is passed over.
constexpr size_t kLogBlockBytes = 32 << 10, kRecordHeadBytes = 7;

constexpr size_t kSectorBytes = 512;  // of a disk

class FrameWriter : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FrameWriter(std::unique_ptr<rocksdb::FSWritableFile> file, const FrameKey& key)
      : FSWritableFileOwnerWrapper(std::move(file)), cipher_(key.key) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    for (size_t done = 0; done < data.size() && failure_.ok();) {
      const absl::string_view piece = ToView(data).substr(done, kLargestFrame);
      cipher_.Seal(kFileHeadBytes + bytes_, piece, &frame_);
      failure_ = target()->Append(frame_, options, debug);
      bytes_ += frame_.size();
      plain_bytes_ += piece.size();
      done += piece.size();
    }
    return failure_;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  // Of files that are not buffered alone, and the store has none.
  rocksdb::IOStatus PositionedAppend(const rocksdb::Slice&, uint64_t, const rocksdb::IOOptions&,
                                     rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }
  rocksdb::IOStatus PositionedAppend(const rocksdb::Slice&, uint64_t, const rocksdb::IOOptions&,
                                     const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }
  rocksdb::IOStatus Truncate(uint64_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }
  uint64_t GetFileSize(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return plain_bytes_; }

  // What RocksDB names by its own counting lies so much later in the file.
  rocksdb::IOStatus RangeSync(uint64_t offset, uint64_t size, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override {
    return target()->RangeSync(offset + Shift(), size, options, debug);
  }
  void PrepareWrite(size_t offset, size_t size, const rocksdb::IOOptions& options,
                    rocksdb::IODebugContext* debug) override {
    target()->PrepareWrite(offset + Shift(), size + kFrameExtraBytes, options, debug);
  }
  rocksdb::IOStatus Allocate(uint64_t offset, uint64_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
    return target()->Allocate(offset + Shift(), size, options, debug);
  }
  rocksdb::IOStatus InvalidateCache(size_t, size_t) override { return target()->InvalidateCache(0, 0); }

 private:
  uint64_t Shift() const { return kFileHeadBytes + bytes_ - plain_bytes_; }

  FrameCipher cipher_;
  rocksdb::IOStatus failure_;
  std::string frame_;
  uint64_t bytes_ = 0, plain_bytes_ = 0;  // of all frames, and in them
};

class FrameReader : public rocksdb::FSSequentialFile {
 public:
  FrameReader(std::unique_ptr<rocksdb::FSSequentialFile> file, const FrameKey& key)
      : file_(std::move(file)), cipher_(key.key), is_log_(key.is_log) {}

  rocksdb::IOStatus Read(size_t size, const rocksdb::IOOptions&, rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext*) override {
    size_t done = 0;
    rocksdb::IOStatus status;
    while (done < size && (!plain_.empty() || !has_ended_) && status.ok()) {
      if (taken_ == plain_.size()) status = Next();
      const size_t piece = std::min(size - done, plain_.size() - taken_);
      std::memcpy(scratch + done, plain_.data() + taken_, piece);
      taken_ += piece;
      done += piece;
    }
    *result = rocksdb::Slice(scratch, status.ok() ? done : 0);
    return status;
  }
  rocksdb::IOStatus Skip(uint64_t size) override {
    rocksdb::IOStatus status;
    while (size > 0 && (!plain_.empty() || !has_ended_) && status.ok()) {
      if (taken_ == plain_.size()) status = Next();
      const size_t piece = std::min<uint64_t>(size, plain_.size() - taken_);
      taken_ += piece;
      size -= piece;
    }
    return status;
  }

  rocksdb::IOStatus Count(uint64_t* bytes) {
    rocksdb::IOStatus status;
    while (!has_ended_ && status.ok()) status = Next();
    *bytes = plain_bytes_;
    return status.IsCorruption() ? rocksdb::IOStatus::OK() : status;
  }

 private:
  // Makes `plain_` what comes next; empty at the end.
  rocksdb::IOStatus Next() {
    plain_.clear();
    taken_ = 0;
    if (has_ended_) return rocksdb::IOStatus::OK();
    rocksdb::IOStatus status = Fetch(kFrameLengthBytes);
    if (status.ok()) status = Fetch(FrameBytesNeeded(Ahead()));
    if (!status.ok()) return status;
    if (Ahead().empty()) {
      has_ended_ = true;
      return status;
    }
    if (!cipher_.Open(kFileHeadBytes + bytes_, Ahead(), &plain_)) return End();
    const size_t frame = plain_.size() + kFrameExtraBytes;
    at_ += frame;
    bytes_ += frame;
    plain_bytes_ += plain_.size();
    return status;
  }

  // What a power loss can leave ends the file: a frame that is cut, or zeros, or damaged and the last one. In a log it
  // says so, because RocksDB must not go on with a later log as if nothing were missing.
  rocksdb::IOStatus End() {
    has_ended_ = true;
    bool is_damage = false;
    const rocksdb::IOStatus status = AnyFrameFollows(&is_damage);
    if (!status.ok()) return status;
    plain_.clear();
    if (!is_log_) return rocksdb::IOStatus::Corruption("a frame is not the one that was written");
    const size_t left = kLogBlockBytes - plain_bytes_ % kLogBlockBytes;
    if (left < kRecordHeadBytes) plain_.assign(left, '\0');
    // A record whose checksum does not fit; or one's begin.
    plain_ += is_damage ? std::string("\xFF\xFF\xFF\xFF\0\0\x01", kRecordHeadBytes) : std::string("\xFF");
    return rocksdb::IOStatus::OK();
  }

  // Whether a whole frame begins so near behind this one that nothing but damage is between.
  rocksdb::IOStatus AnyFrameFollows(bool* any) {
    *any = false;
    const rocksdb::IOStatus status = Fetch(2 * kMostFrameBytes);
    const absl::string_view rest = Ahead();
    if (!status.ok() || IsHole(rest)) return status;
    for (size_t at = 1; at <= kMostFrameBytes && at < rest.size() && !*any; ++at) {
      *any = cipher_.Open(kFileHeadBytes + bytes_ + at, rest.substr(at), &plain_);
    }
    return status;
  }

  // Whether a part of the frame that lies in one sector is zeros, as nothing is that is encrypted: a power loss lets
  // later blocks reach the disk before earlier ones.
  bool IsHole(absl::string_view rest) const {
    if (absl::StartsWith(rest, std::string(kFrameLengthBytes, '\0'))) return true;
    absl::string_view frame = rest.substr(0, FrameBytesNeeded(rest));
    for (uint64_t at = kFileHeadBytes + bytes_; !frame.empty();) {
      const absl::string_view part = frame.substr(0, kSectorBytes - at % kSectorBytes);
      if (part.find_first_not_of('\0') == part.npos) return true;
      at += part.size();
      frame.remove_prefix(part.size());
    }
    return false;
  }

  absl::string_view Ahead() const { return absl::string_view(raw_).substr(std::min(at_, raw_.size())); }

  // Reads on until so many bytes are ahead, or the file has no more.
  rocksdb::IOStatus Fetch(size_t wanted) {
    while (Ahead().size() < wanted) {
      raw_.erase(0, at_);
      at_ = 0;
      const size_t before = raw_.size();
      raw_.resize(before + kReadBytes);
      rocksdb::Slice got;
      const rocksdb::IOStatus status = file_->Read(raw_.size() - before, {}, &got, raw_.data() + before, nullptr);
      if (status.ok() && got.data() != raw_.data() + before) std::memcpy(raw_.data() + before, got.data(), got.size());
      raw_.resize(before + (status.ok() ? got.size() : 0));
      if (!status.ok() || got.empty()) return status;
    }
    return rocksdb::IOStatus::OK();
  }

  static constexpr size_t kReadBytes = 32 << 10;

  const std::unique_ptr<rocksdb::FSSequentialFile> file_;
  FrameCipher cipher_;
  const bool is_log_;
  std::string raw_;  // of the file; what is before `at_` was handed on
  size_t at_ = 0;
  std::string plain_;  // what is in the last frame, or tells the end; what is before `taken_` was handed on
  size_t taken_ = 0;
  uint64_t bytes_ = 0, plain_bytes_ = 0;  // of all frames up to here, and in them
  bool has_ended_ = false;
};

}  // namespace

std::unique_ptr<rocksdb::FSWritableFile> NewFrameWriter(std::unique_ptr<rocksdb::FSWritableFile> file,
                                                        const FrameKey& key) {
  return std::make_unique<FrameWriter>(std::move(file), key);
}

std::unique_ptr<rocksdb::FSSequentialFile> NewFrameReader(std::unique_ptr<rocksdb::FSSequentialFile> file,
                                                          const FrameKey& key) {
  return std::make_unique<FrameReader>(std::move(file), key);
}

rocksdb::IOStatus CountFramedBytes(std::unique_ptr<rocksdb::FSSequentialFile> file, const FrameKey& key,
                                   uint64_t* bytes) {
  return FrameReader(std::move(file), key).Count(bytes);
}

}  // namespace sabun
