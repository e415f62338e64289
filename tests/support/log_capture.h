// Keeps what the engine logs, so that a test can look for what must not be there.
#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "spdlog/spdlog.h"

namespace sabun {

// Takes the place of the default logger, at the finest level, until it is destroyed. One at a time.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::string text();

 private:
  std::ostringstream stream_;
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace sabun
