// A file that lives as long as a test.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace sabun::file {

class TemporaryFile {
 public:
  explicit TemporaryFile(absl::string_view content);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  const std::string& path() const { return path_; }
  void Append(absl::string_view content) const;

 private:
  std::string path_;
};

}  // namespace sabun::file
