// The bytes of a key ring: the keys of all epochs, each wrapped by the key-encryption key. Layout: engine/FORMATS.md,
// "Key ring".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/secret_bytes.h"

namespace sabun {

struct RingContents {
  struct Epoch {
    SecretBytes key;  // 32 bytes
    int64_t begun_at = 0;
  };

  uint64_t sequence = 0;    // one more with every change
  uint32_t next_epoch = 1;  // 0 is the time before there was a ring
  SecretBytes lasting_key;  // 32 bytes; for codes that must outlive every epoch, never for personal data
  std::map<uint32_t, Epoch> epochs;
  // Whole paths of files beside the first one that have the ring, too.
  std::vector<std::string> copies;
};

// Names a key without telling it: 16 hex digits.
std::string KeyId(absl::string_view key);

std::string EncodeRing(const RingContents& contents, absl::string_view key);
// `path` is for the message. Errors: DATA_LOSS (KEY-RING-DAMAGED), FAILED_PRECONDITION (KEY-WRONG: the ring is under
// another key).
absl::StatusOr<RingContents> DecodeRing(absl::string_view bytes, absl::string_view key, const std::string& path);
// The id of the key that wraps it, and its sequence. Errors: DATA_LOSS.
struct RingLabel {
  std::string key_id;
  uint64_t sequence = 0;
};
absl::StatusOr<RingLabel> ReadRingLabel(absl::string_view bytes, const std::string& path);

}  // namespace sabun
