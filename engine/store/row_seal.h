// What ties a stored row to its place: AES-256-GCM over family, store key and value, as additional data, so that the
// value itself stays what it was and compresses as before. See engine/ARCHITECTURE.md, "Rows are sealed to their
// place"; layout: engine/FORMATS.md, "Row seal".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/mutex.h"
#include "engine/base/secret_bytes.h"
#include "engine/store/store.h"

struct evp_cipher_ctx_st;

namespace sabun {

// Where a row lies.
struct RowPlace {
  Family family;
  absl::string_view key;
};

// Not thread safe.
class RowSeal {
 public:
  static constexpr size_t kNonceBytes = 12, kTagBytes = 16, kBytes = kNonceBytes + kTagBytes;

  explicit RowSeal(const SecretBytes& key);
  ~RowSeal();
  RowSeal(const RowSeal&) = delete;
  RowSeal& operator=(const RowSeal&) = delete;

  // Whether rows of this place carry a seal behind their value: those that hold contents of records, and what decides
  // about them; not the index and the unsettled, which hold none and are many.
  static bool Covers(const RowPlace& place);

  // The seal of a value at its place. Valid until the next call.
  absl::string_view Make(const RowPlace& place, absl::string_view value);
  // The value; nothing when it was sealed for another place or with another key, or is damaged.
  std::optional<absl::string_view> Open(const RowPlace& place, absl::string_view sealed);

 private:
  void Tag(const RowPlace& place, absl::string_view value, char* seal);

  evp_cipher_ctx_st* const context_;
  std::array<char, kBytes> made_{};
  std::string nonces_;  // random, not used yet
};

// Seals for many threads. Thread safe.
class RowSeals {
 public:
  explicit RowSeals(SecretBytes key) : key_(std::move(key)) {}

  // One of them, given back when it goes; must not outlive this.
  struct GiveBack {
    RowSeals* to = nullptr;
    void operator()(RowSeal* seal) const { to->Return(seal); }
  };
  using Taken = std::unique_ptr<RowSeal, GiveBack>;
  Taken Take();

 private:
  void Return(RowSeal* seal);

  const SecretBytes key_;
  Mutex mutex_;
  std::vector<std::unique_ptr<RowSeal>> idle_ ABSL_GUARDED_BY(mutex_);
};

// One of `seals`, or nothing without any.
inline RowSeals::Taken TakeSeal(RowSeals* seals) { return seals == nullptr ? nullptr : seals->Take(); }

}  // namespace sabun
