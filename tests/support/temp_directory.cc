#include "tests/support/temp_directory.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sabun {

TempDirectory::TempDirectory() {
  std::string pattern = absl::StrCat(std::filesystem::temp_directory_path().string(), "/sabun-test-XXXXXX");
  SABUN_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace sabun
