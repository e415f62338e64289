// A file of frames that was cut, changed, put together anew: what is read is a beginning of what was written, frame by
// frame, at least as far as nothing was touched; and a log's end is told in no other words than those two.
#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "engine/base/check.h"
#include "engine/store/file_head.h"
#include "engine/store/frames.h"
#include "engine/store/rocks_frames.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace sabun;
using sabun::fuzz::FuzzInput;
using sabun::fuzz::Require;

class InMemory : public rocksdb::FSSequentialFile {
 public:
  explicit InMemory(absl::string_view bytes) : rest_(bytes) {}
  rocksdb::IOStatus Read(size_t size, const rocksdb::IOOptions&, rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext*) override {
    const absl::string_view piece = rest_.substr(0, size);
    rest_.remove_prefix(piece.size());
    std::memcpy(scratch, piece.data(), piece.size());
    *result = rocksdb::Slice(scratch, piece.size());
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Skip(uint64_t size) override {
    rest_.remove_prefix(std::min<size_t>(size, rest_.size()));
    return rocksdb::IOStatus::OK();
  }

 private:
  absl::string_view rest_;
};

// What was written: the file behind its head, and where each frame ends in it and in what it holds.
struct Written {
  std::string bytes, plain;
  std::vector<size_t> ends = {0}, plain_ends = {0};
};

Written WriteFrames(const SecretBytes& key, FuzzInput* input) {
  Written written;
  FrameCipher cipher(key);
  std::string frame;
  const int frames = input->Byte() % 8;
  for (int i = 0; i < frames; ++i) {
    // Some are as long as RocksDB's blocks.
    const size_t size = 1 + input->Byte() + (input->Byte() % 4 == 0 ? 32'700 : 0);
    const std::string plain(size, static_cast<char>('a' + i));
    cipher.Seal(kFileHeadBytes + written.bytes.size(), plain, &frame);
    written.bytes += frame;
    written.plain += plain;
    written.ends.push_back(written.bytes.size());
    written.plain_ends.push_back(written.plain.size());
  }
  return written;
}

// Cuts, flips, zeros and moves what is there.
std::string Change(std::string bytes, FuzzInput* input) {
  while (!input->empty() && !bytes.empty()) {
    const uint8_t choice = input->Byte();
    const size_t at = (input->Byte() * 256u + input->Byte()) % bytes.size();
    const size_t size = std::min<size_t>(1 + input->Byte(), bytes.size() - at);
    if (choice % 5 == 0) bytes.resize(at);
    if (choice % 5 == 1) bytes[at] = static_cast<char>(bytes[at] ^ (choice | 1));
    if (choice % 5 == 2) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, '\0');
    if (choice % 5 == 3) bytes.insert(input->Byte() % (bytes.size() + 1), bytes.substr(at, size));
    if (choice % 5 == 4) bytes.append(size, static_cast<char>(choice < 128 ? 0 : choice));
  }
  return bytes;
}

std::string ReadAll(const FrameKey& key, absl::string_view bytes, size_t at_once, rocksdb::IOStatus* status) {
  const auto file = NewFrameReader(std::make_unique<InMemory>(bytes), key);
  std::string all, scratch(at_once, '\0');
  for (;;) {
    rocksdb::Slice got;
    *status = file->Read(at_once, {}, &got, scratch.data(), nullptr);
    if (!status->ok() || got.empty()) return all;
    all.append(got.data(), got.size());
  }
}

// What a log's reader says at the end of a log that was cut, or damaged.
bool IsWord(absl::string_view end, size_t at) {
  constexpr size_t kBlock = 32 << 10, kRecordHead = 7;
  const size_t left = kBlock - at % kBlock;
  if (left < kRecordHead) {
    if (!absl::StartsWith(end, std::string(left, '\0'))) return false;
    end.remove_prefix(left);
  }
  return end == "\xFF" || end == absl::string_view("\xFF\xFF\xFF\xFF\0\0\x01", kRecordHead);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput input(data, size);
  const FrameKey key{SecretBytes(std::string(32, 'k')), input.Byte() % 2 == 0};
  const size_t root = 1 + input.Byte(), at_once = root * root;
  const Written written = WriteFrames(key.key, &input);
  const std::string bytes = Change(written.bytes, &input);
  const size_t same = static_cast<size_t>(
      std::mismatch(bytes.begin(), bytes.end(), written.bytes.begin(), written.bytes.end()).first - bytes.begin());

  rocksdb::IOStatus status;
  const std::string read = ReadAll(key, bytes, at_once, &status);
  uint64_t counted = 0;
  Require(CountFramedBytes(std::make_unique<InMemory>(bytes), key, &counted).ok(), "a size is found of any bytes");
  const auto end = std::find(written.plain_ends.begin(), written.plain_ends.end(), counted);
  Require(end != written.plain_ends.end(), "the size is that of whole frames");
  const auto frames = static_cast<size_t>(end - written.plain_ends.begin());
  Require(written.ends[frames] <= same, "no frame is read that was touched");
  Require(frames + 1 == written.ends.size() || written.ends[frames + 1] > same, "and each that was not");
  const bool is_whole = bytes.size() == written.ends[frames];
  if (key.is_log) {
    Require(status.ok(), "a log is read up to its end");
    Require(absl::StartsWith(read, written.plain.substr(0, counted)), "what was written is read");
    const absl::string_view word = absl::string_view(read).substr(counted);
    Require(is_whole ? word.empty() : IsWord(word, counted), "its end is told");
  } else {
    Require(status.ok() == is_whole && (is_whole || status.IsCorruption()), "a small file is whole or refused");
    Require(absl::StartsWith(written.plain, read), "what was written is read");
  }
  return 0;
}
