#include "tests/support/log_capture.h"

#include "spdlog/sinks/ostream_sink.h"

namespace sabun {

LogCapture::LogCapture() : before_(spdlog::default_logger()) {
  auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(stream_));
  logger->set_level(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

LogCapture::~LogCapture() { spdlog::set_default_logger(before_); }

std::string LogCapture::text() {
  spdlog::default_logger()->flush();
  return stream_.str();
}

}  // namespace sabun
