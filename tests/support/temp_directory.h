// A directory of one test.
#pragma once

#include <string>

namespace sabun {

// Made under $TMPDIR (or /tmp) and removed with everything in it. Not copyable.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace sabun
