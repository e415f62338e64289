// External merge sort in bounded memory, for any distribution: entries fill a buffer, are sorted and, past the budget,
// spilled as runs; reading merges the runs. Used where bucket_runs.h meets a bucket larger than its memory.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/status_macros.h"
#include "engine/store/runs_options.h"
#include "engine/store/spool_file.h"

namespace sabun {

// `Entry` is a plain struct; `Less` a strict order. Not thread safe. Add*, then Rewind and read as often as needed.
template <typename Entry, typename Less>
class SortedRuns {
  static_assert(std::is_trivially_copyable_v<Entry>);

 public:
  explicit SortedRuns(RunsOptions options) : options_(std::move(options)) {
    limit_ = std::max<size_t>(options_.memory_bytes / sizeof(Entry), 16);
  }

  absl::Status Add(const Entry& entry) {
    // Reserved at once, so that growing never needs twice the budget; pages not touched cost nothing.
    if (buffer_.capacity() == 0) buffer_.reserve(limit_);
    if (buffer_.size() == limit_) RETURN_IF_ERROR(Spill());
    buffer_.push_back(entry);
    ++count_;
    return absl::OkStatus();
  }

  // Ends adding and goes to the first entry.
  absl::Status Rewind() {
    if (!sorted_) {
      if (!runs_.empty() && !buffer_.empty()) RETURN_IF_ERROR(Spill());
      runs_.empty() ? SortBuffer() : std::vector<Entry>().swap(buffer_);
      sorted_ = true;
    }
    position_ = 0;
    heads_.clear();
    for (size_t run = 0; run < runs_.size(); ++run) {
      cursors_[run] = {runs_[run].begin, 0, {}};
      RETURN_IF_ERROR(Refill(run));
      PushHead(run);
    }
    return absl::OkStatus();
  }

  bool Valid() const { return runs_.empty() ? position_ < buffer_.size() : !heads_.empty(); }

  const Entry& Get() const {
    if (runs_.empty()) return buffer_[position_];
    const Cursor& cursor = cursors_[heads_.front()];
    return cursor.block[cursor.position];
  }

  absl::Status Next() {
    if (runs_.empty()) {
      ++position_;
      return absl::OkStatus();
    }
    std::pop_heap(heads_.begin(), heads_.end(), HeadOrder{this});
    const size_t run = heads_.back();
    heads_.pop_back();
    Cursor& cursor = cursors_[run];
    if (++cursor.position == cursor.block.size()) RETURN_IF_ERROR(Refill(run));
    PushHead(run);
    return absl::OkStatus();
  }

  uint64_t count() const { return count_; }
  size_t spilled_runs() const { return runs_.size(); }

 private:
  struct Run {
    uint64_t begin, end;
  };  // bytes of the spool file
  struct Cursor {
    uint64_t offset = 0;
    size_t position = 0;
    std::vector<Entry> block;
  };
  struct HeadOrder {
    SortedRuns* self;
    bool operator()(size_t a, size_t b) const {  // a heap has its largest in front
      const Cursor &left = self->cursors_[a], &right = self->cursors_[b];
      return Less()(right.block[right.position], left.block[left.position]);
    }
  };

  void SortBuffer() { std::sort(buffer_.begin(), buffer_.end(), Less()); }

  absl::Status Spill() {
    if (file_ == nullptr) {
      ASSIGN_OR_RETURN(file_, SpoolFile::Create(options_.directory));
    }
    SortBuffer();
    const uint64_t begin = file_->size();
    for (size_t at = 0, count = 0; at < buffer_.size(); at += count) {
      count = std::min<size_t>(4096, buffer_.size() - at);
      std::string bytes(reinterpret_cast<const char*>(&buffer_[at]), count * sizeof(Entry));
      RETURN_IF_ERROR(file_->Append(&bytes));
    }
    runs_.push_back({begin, file_->size()});
    cursors_.emplace_back();
    buffer_.clear();
    return absl::OkStatus();
  }

  absl::Status Refill(size_t run) {
    Cursor& cursor = cursors_[run];
    const size_t share = std::max<size_t>(options_.memory_bytes / sizeof(Entry) / runs_.size(), 16);
    const size_t count = std::min<uint64_t>(share, (runs_[run].end - cursor.offset) / sizeof(Entry));
    cursor.block.resize(count);
    cursor.position = 0;
    if (count == 0) return absl::OkStatus();
    RETURN_IF_ERROR(file_->Read(cursor.offset, count * sizeof(Entry), reinterpret_cast<char*>(cursor.block.data())));
    cursor.offset += count * sizeof(Entry);
    return absl::OkStatus();
  }

  void PushHead(size_t run) {
    if (cursors_[run].block.empty()) return;
    heads_.push_back(run);
    std::push_heap(heads_.begin(), heads_.end(), HeadOrder{this});
  }

  RunsOptions options_;
  size_t limit_;
  std::vector<Entry> buffer_;
  std::unique_ptr<SpoolFile> file_;
  std::vector<Run> runs_;
  std::vector<Cursor> cursors_;
  std::vector<size_t> heads_;
  size_t position_ = 0;
  uint64_t count_ = 0;
  bool sorted_ = false;
};

}  // namespace sabun
