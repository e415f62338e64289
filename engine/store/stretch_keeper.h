// What the seal of a snapshot has to know of stretches: where to leave what was learned of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "engine/store/index.h"

namespace sabun {

class NumberRows;

// What a snapshot that is being sealed knows of the source's file.
class StretchKeeper {
 public:
  virtual ~StretchKeeper() = default;
  // The generation stays that which the snapshot was compared with: puts what is new beside it. Errors: those of the
  // store.
  virtual absl::Status Keep(Batch* batch) = 0;
  // Or a new generation is written. Before its first entry.
  virtual void BeginWrite() = 0;
  // The number of an entry: of the scan's present one, which a page of the old generation has too.
  virtual uint32_t NumberOf(const IndexScan& index) = 0;
  // The greatest number.
  virtual uint32_t most() const = 0;
  // Rows behind those of the new pages, keys ascending.
  using PutRow = std::function<absl::Status(const std::string& key, const std::string& value)>;
  virtual absl::Status Write(uint64_t generation, NumberRows&& numbers, const PutRow& put) = 0;
};

}  // namespace sabun
