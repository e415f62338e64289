#include "adapters/cli/markdown_page.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sabun::cli {
namespace {

constexpr char kStyle[] =
    "body{font-family:sans-serif;max-width:60em;margin:2em auto;line-height:1.6}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #999;padding:.2em .6em;vertical-align:top}"
    "th{background:#eee}pre{background:#f6f6f6;padding:1em;overflow:auto}@media print{body{max-width:none}}";

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

// Text with `code`; an odd backquote is a character.
std::string Inline(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '`');
  std::string html;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool is_code = i % 2 == 1 && i + 1 < parts.size();
    const bool is_odd = i % 2 == 1 && !is_code;
    absl::StrAppend(&html, is_code ? "<code>" : is_odd ? "`" : "", Escaped(parts[i]), is_code ? "</code>" : "");
  }
  return html;
}

// The cells of "| a | b |"; "\|" is a character of a cell.
std::vector<std::string> Cells(absl::string_view line) {
  const std::string marked = absl::StrReplaceAll(line, {{"\\|", "\x01"}});
  std::vector<std::string> cells = absl::StrSplit(absl::StripSuffix(absl::StripPrefix(marked, "|"), "|"), '|');
  for (std::string& cell : cells) cell = absl::StrReplaceAll(absl::StripAsciiWhitespace(cell), {{"\x01", "|"}});
  return cells;
}

// Writes block after block; a block goes on as long as its lines are of one kind.
class Page {
 public:
  void Take(absl::string_view line) {
    if (absl::StartsWith(line, "```")) return Fence();
    if (block_ == "pre") {
      absl::StrAppend(&html_, Escaped(line), "\n");
      return;
    }
    const size_t level = line.find_first_not_of('#');
    if (level != absl::string_view::npos && level > 0 && level <= 3 && line[level] == ' ') {
      Open("");
      absl::StrAppend(&html_, "<h", level, ">", Inline(line.substr(level + 1)), "</h", level, ">\n");
    } else if (absl::StartsWith(line, "|")) {
      Row(line);
    } else if (absl::ConsumePrefix(&line, "- ")) {
      Open("ul");
      absl::StrAppend(&html_, "<li>", Inline(line), "</li>\n");
    } else if (absl::StripAsciiWhitespace(line).empty()) {
      Open("");
    } else {
      Open("p");
      absl::StrAppend(&html_, Inline(line), "\n");
    }
  }
  std::string Finish() {
    Open("");
    return std::move(html_);
  }

 private:
  void Open(absl::string_view block) {
    if (block == block_) return;
    if (!block_.empty()) absl::StrAppend(&html_, "</", block_, ">\n");
    block_ = std::string(block);
    if (!block_.empty()) absl::StrAppend(&html_, "<", block_, ">");
  }
  void Fence() { Open(block_ == "pre" ? "" : "pre"); }
  void Row(absl::string_view line) {
    const char* cell_tag = block_ == "table" ? "td" : "th";
    if (absl::StartsWith(line, "| ---")) return;
    Open("table");
    absl::StrAppend(&html_, "<tr>");
    for (const std::string& cell : Cells(line))
      absl::StrAppend(&html_, "<", cell_tag, ">", Inline(cell), "</", cell_tag, ">");
    absl::StrAppend(&html_, "</tr>\n");
  }

  std::string html_, block_;
};

}  // namespace

std::string MarkdownPage(absl::string_view title, absl::string_view markdown) {
  Page page;
  for (const absl::string_view line : absl::StrSplit(markdown, '\n')) page.Take(line);
  return absl::StrCat("<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\"><title>", Escaped(title),
                      "</title><style>", kStyle, "</style></head><body>\n", page.Finish(), "</body></html>\n");
}

}  // namespace sabun::cli
