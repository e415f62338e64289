#include "tests/unit/adapters/file/temporary_file.h"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>

namespace sabun::file {

TemporaryFile::TemporaryFile(absl::string_view content) : path_("/tmp/sabun-file-test-XXXXXX") {
  ::close(::mkstemp(path_.data()));
  Append(content);
}

TemporaryFile::~TemporaryFile() { ::unlink(path_.c_str()); }

void TemporaryFile::Append(absl::string_view content) const {
  std::ofstream(path_, std::ios::binary | std::ios::app)
      .write(content.data(), static_cast<std::streamsize>(content.size()));
}

}  // namespace sabun::file
