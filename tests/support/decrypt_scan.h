// What somebody can find who has every file and the present key ring.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "keys/ring_format.h"

namespace sabun {

// The files below `directory` (store, journal, backups, anything) that hold the text: as they are, or decrypted by any
// key of the ring as a file of a store or of a journal.
std::vector<std::string> FilesThatHold(absl::string_view text, const std::string& directory, const RingContents& ring);

}  // namespace sabun
