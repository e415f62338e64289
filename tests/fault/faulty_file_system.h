// A file system that fails like a disk: it forgets at a power loss what was not synced, and refuses calls on order.
// Lies below the store's encryption. What it forgets and keeps is a function of its seed.
#pragma once

#include <rocksdb/file_system.h>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "tests/fault/disk_shadow.h"

namespace sabun::fault {

enum class Call : uint8_t { kRead, kWrite, kSync, kRename, kOpen, kDelete, kTruncate };
inline constexpr int kCallCount = 7;

enum class DiskError : uint8_t {
  kInputOutput,
  kNoSpace,
  kShortWrite  // the first half arrives, then EIO; for calls that write nothing like kInputOutput
};

// One refusal on order.
struct Fault {
  Call call = Call::kWrite;
  uint64_t after = 0;  // so many calls of the kind succeed first
  DiskError error = DiskError::kInputOutput;
  uint64_t times = 1;  // so many fail then
};

// Thread safe. Real files are written as they come, but never synced: the shadow knows what would be on the disk.
class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(uint64_t seed);
  ~FaultyFileSystem() override;
  const char* Name() const override { return "SabunFaults"; }

  // Replaces the order given before.
  void Order(const Fault& fault);
  void OrderNothing() { Order({Call::kRead, 0, DiskError::kInputOutput, 0}); }
  // How many calls were refused since it was made.
  uint64_t refused() const;
  // How many calls of a kind there were.
  uint64_t calls(Call call) const;
  // Every so manyth call takes a moment longer. 0: none.
  void SlowDown(uint64_t every);

  // From here on nothing reaches the disk: calls that write fail.
  void CutPower();
  // Power is back, and nothing is lost: as after the death of the process alone.
  void ResumePower();
  // The real files become what a disk would have kept at the time of CutPower, or of now, and power is back. Nobody may
  // have a file open.
  void RestorePower();

  rocksdb::IOStatus NewSequentialFile(const std::string&, const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSSequentialFile>*, rocksdb::IODebugContext*) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string&, const rocksdb::FileOptions&,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>*,
                                        rocksdb::IODebugContext*) override;
  rocksdb::IOStatus NewWritableFile(const std::string&, const rocksdb::FileOptions&,
                                    std::unique_ptr<rocksdb::FSWritableFile>*, rocksdb::IODebugContext*) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string&, const rocksdb::FileOptions&,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>*, rocksdb::IODebugContext*) override;
  rocksdb::IOStatus NewDirectory(const std::string&, const rocksdb::IOOptions&, std::unique_ptr<rocksdb::FSDirectory>*,
                                 rocksdb::IODebugContext*) override;
  rocksdb::IOStatus DeleteFile(const std::string&, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override;
  rocksdb::IOStatus Truncate(const std::string&, size_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override;
  rocksdb::IOStatus RenameFile(const std::string&, const std::string&, const rocksdb::IOOptions&,
                               rocksdb::IODebugContext*) override;
  rocksdb::IOStatus LinkFile(const std::string&, const std::string&, const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override;

  // For its files: OK, or the refusal on order. `*short_write` says that half of the data arrives first.
  rocksdb::IOStatus Admit(Call call, bool* short_write = nullptr);
  DiskShadow& shadow() { return shadow_; }

 private:
  mutable std::mutex mutex_;
  Fault fault_{Call::kRead, 0, DiskError::kInputOutput, 0};
  std::array<uint64_t, kCallCount> calls_{};
  uint64_t refused_ = 0, slow_every_ = 0, all_calls_ = 0;
  bool power_cut_ = false;
  DiskShadow shadow_;
};

}  // namespace sabun::fault
