// Markdown, as far as the program itself writes it, as one HTML page that prints well and loads nothing.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace sabun::cli {

// Knows headings, tables, lists, fenced text, paragraphs, and `code`; everything else is text. All text is escaped.
std::string MarkdownPage(absl::string_view title, absl::string_view markdown);

}  // namespace sabun::cli
