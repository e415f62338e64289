// The head of every file of a store: which epoch's key the file's own key comes from, and its salt. Layout:
// engine/FORMATS.md, "Files".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/secret_bytes.h"
#include "keys/key_ring.h"

namespace sabun {

// A page, so that reads stay aligned.
inline constexpr size_t kFileHeadBytes = 4096;
// What of it says anything; the rest is zeros.
inline constexpr size_t kFileHeadUsedBytes = 80;
inline constexpr size_t kFileHeadCheckedBytes = 56;

// An epoch's number in the head of a file, with a code of its own: damage must not look like another epoch.
inline constexpr size_t kEpochFieldBytes = 8;
std::string EpochField(uint32_t epoch);
// Nothing when it is damaged.
std::optional<uint32_t> ReadEpochField(absl::string_view field);

// How what is behind the head is kept: a stream cipher's bytes (tables, whose code is in the manifest), or frames (all
// else; see engine/store/frames.h). Older versions kept everything as a stream.
enum class FileForm : uint8_t { kStream, kFrames };
// The form of new files of that name.
FileForm FormOf(absl::string_view path);
// The form that a head names; nothing when it is no head.
std::optional<FileForm> FormOfHead(absl::string_view head);
// Logs and manifests keep the name they were born with, and are tied to it: the name. Others: empty.
absl::string_view NameTiedTo(absl::string_view path);

// A new file's head, under the newest epoch. `path` is the file's.
std::string NewFileHead(const KeyRing& keys, absl::string_view path);
// The file's key, by its head (at least the used bytes). Errors: DATA_LOSS (no head, or damaged; another file's content
// under this name), FAILED_PRECONDITION (its epoch was destroyed or is unknown; or there is only one key, another one).
absl::StatusOr<SecretBytes> OpenFileHead(const KeyRing& keys, absl::string_view path, absl::string_view head);

// The epoch that a file names; nothing when it is too short for a head, or is no file of a store. Errors: NOT_FOUND,
// UNAVAILABLE.
absl::StatusOr<std::optional<uint32_t>> EpochOfFile(const std::string& path);
// Whether the file, which is from before there were rings, is under `key`. Errors: as above.
absl::StatusOr<bool> IsUnderKey(const std::string& path, absl::string_view key);
// Whether the ring can open every file in `directory`, which may be missing. Errors: FAILED_PRECONDITION
// (KEY-EPOCH-DESTROYED, KEY-EPOCH-UNKNOWN; KEY-RING-FOREIGN: the ring of another store), UNAVAILABLE.
absl::Status CheckFileKeys(const KeyRing& keys, const std::string& directory);

}  // namespace sabun
