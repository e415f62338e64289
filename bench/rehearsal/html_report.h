// A report as one page that needs nothing but itself.
#pragma once

#include <string>

#include "bench/rehearsal/report.h"

namespace sabun::bench {

// A whole HTML document, UTF-8, Japanese and English beside each other, with its style and charts inline and no address
// in it. Readable on light and dark screens and on paper. Every text is escaped; figures are taken as they are.
std::string HtmlReport(const Report& report);

}  // namespace sabun::bench
