// Frames: what logs, manifests and small files of the store are kept in, so that whoever has no key can cut the end off
// and do nothing else: no byte can be changed, moved, repeated or taken from another file. Layout: engine/FORMATS.md,
// "Files"; reasons: engine/ARCHITECTURE.md, "Logs and MANIFEST are frames".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/secret_bytes.h"

struct evp_cipher_ctx_st;

namespace sabun {

inline constexpr size_t kFrameLengthBytes = 4, kFrameTagBytes = 16,
                        kFrameExtraBytes = kFrameLengthBytes + kFrameTagBytes;
// Of what is in one; more goes into several.
inline constexpr size_t kLargestFrame = 1 << 20;
inline constexpr size_t kMostFrameBytes = kLargestFrame + kFrameExtraBytes;

// How many bytes from a frame's begin on FrameCipher::Open has to see, as far as `begin` tells; all, if the file has
// fewer.
size_t FrameBytesNeeded(absl::string_view begin);

// Not thread safe.
class FrameCipher {
 public:
  explicit FrameCipher(const SecretBytes& file_key);
  ~FrameCipher();
  FrameCipher(const FrameCipher&) = delete;
  FrameCipher& operator=(const FrameCipher&) = delete;

  // Makes `*frame` the frame of `plain` (1 to kLargestFrame bytes), which will begin at `offset` of the file. Never
  // twice for one offset with different bytes.
  void Seal(uint64_t offset, absl::string_view plain, std::string* frame);
  // The frame that begins at `offset`; `bytes` is the file from there on, at least FrameBytesNeeded of it. `*plain` is
  // what is in it. False, with an empty `*plain`, when what was written at this place is not there, or not whole.
  bool Open(uint64_t offset, absl::string_view bytes, std::string* plain);

 private:
  evp_cipher_ctx_st* const context_;
};

}  // namespace sabun
