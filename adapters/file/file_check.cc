#include "adapters/file/file_check.h"

#include <simdjson.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/file_error.h"
#include "adapters/file/text_decoder.h"

namespace sabun::file {
namespace {

constexpr size_t kSampleBytes = 1 << 20;
constexpr absl::string_view kUtf8Mark = "\xEF\xBB\xBF";

// How lines with bytes above 0x7F read in both encodings.
struct Sample {
  size_t lines = 0;
  size_t valid_utf8 = 0;
  size_t valid_cp932 = 0;
  size_t first_bad_utf8 = 0;  // line number, 0 for none
  size_t first_bad_cp932 = 0;
};

absl::StatusOr<Sample> TakeSample(absl::string_view data) {
  ASSIGN_OR_RETURN(TextDecoder cp932, TextDecoder::Create(Encoding::kCp932));
  Sample sample;
  size_t line_number = 0;
  for (size_t begin = 0; begin < std::min(data.size(), kSampleBytes);) {
    const size_t end = std::min(data.find('\n', begin), data.size());
    const absl::string_view line = data.substr(begin, end - begin);
    begin = end + 1;
    ++line_number;
    // A NUL is wrong in either encoding and says nothing about which one it is.
    if (IsPlainAscii(line) || line.size() > kSampleBytes || absl::StrContains(line, '\0')) continue;
    ++sample.lines;
    absl::string_view text;
    const bool is_utf8 = simdjson::validate_utf8(line.data(), line.size());
    const bool is_cp932 = cp932.Decode(line, &text);
    sample.valid_utf8 += is_utf8;
    sample.valid_cp932 += is_cp932;
    if (!is_utf8 && sample.first_bad_utf8 == 0) sample.first_bad_utf8 = line_number;
    if (!is_cp932 && sample.first_bad_cp932 == 0) sample.first_bad_cp932 = line_number;
  }
  return sample;
}

absl::Status WrongEncoding(const CsvOptions& options, size_t line, Encoding other) {
  const absl::string_view stated = EncodingName(options.encoding);
  const absl::string_view suggested = EncodingName(other);
  return FileError(absl::StrCat(options.path, ":", line),
                   {"FILE-ENCODING",
                    absl::StrCat("文字コードが ", stated, " ではありません。", suggested, " と思われます。--encoding ",
                                 suggested, " を付けて、もう一度実行してください。"),
                    absl::StrCat("the text is not ", stated, "; it looks like ", suggested,
                                 ". Run again with --encoding ", suggested, ".")});
}

// A stated encoding is only doubted when the other one fits clearly better: CP932 text is hardly ever valid UTF-8,
// while UTF-8 text may be valid CP932 by chance.
absl::Status CheckEncoding(absl::string_view data, const CsvOptions& options) {
  ASSIGN_OR_RETURN(const Sample sample, TakeSample(data));
  if (sample.lines == 0) return absl::OkStatus();
  if (options.encoding == Encoding::kUtf8) {
    // A single line tells a broken row from another encoding only when it is the header.
    const bool tells = sample.lines > 1 || sample.first_bad_utf8 == 1;
    const bool mostly_wrong = tells && sample.valid_utf8 * 2 < sample.lines;
    if (mostly_wrong && sample.valid_cp932 > sample.valid_utf8) {
      return WrongEncoding(options, sample.first_bad_utf8, Encoding::kCp932);
    }
    return absl::OkStatus();
  }
  // All lines valid UTF-8 is no chance event once a line cannot be CP932, or there are several.
  if (sample.valid_utf8 == sample.lines && (sample.first_bad_cp932 != 0 || sample.lines >= 3)) {
    return WrongEncoding(options, std::max<size_t>(sample.first_bad_cp932, 1), Encoding::kUtf8);
  }
  return absl::OkStatus();
}

absl::Status CheckKind(absl::string_view data, const CsvOptions& options) {
  if (absl::StartsWith(data, "PK\x03\x04") || absl::StartsWith(data, "\xD0\xCF\x11\xE0") ||
      absl::StartsWith(data, "\x1F\x8B") || absl::StartsWith(data, "%PDF")) {
    return FileError(options.path,
                     {"FILE-NOT-TEXT", "CSVではありません(ExcelやZIPなどのファイルです)。CSVで保存してください。",
                      "not a CSV file but a spreadsheet or an archive. Save it as CSV."});
  }
  if (absl::StartsWith(data, "\xFF\xFE") || absl::StartsWith(data, "\xFE\xFF")) {
    return FileError(options.path,
                     {"FILE-ENCODING", "文字コードがUTF-16です。UTF-8またはCP932(Shift_JIS)で保存してください。",
                      "the text is UTF-16. Save it as UTF-8 or CP932 (Shift_JIS)."});
  }
  if (options.encoding == Encoding::kCp932 && absl::StartsWith(data, kUtf8Mark)) {
    return WrongEncoding(options, 1, Encoding::kUtf8);
  }
  const absl::string_view start = data.substr(0, kSampleBytes);
  if (!absl::StrContains(start, '\n') && absl::StrContains(start, '\r')) {
    return FileError(options.path, {"FILE-LINE-ENDS", "改行がCRだけです。LFまたはCRLFで保存してください。",
                                    "lines end with CR alone. Save the file with LF or CR LF."});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<absl::string_view> CheckFile(absl::string_view data, const CsvOptions& options) {
  RETURN_IF_ERROR(CheckKind(data, options));
  if (absl::StartsWith(data, kUtf8Mark)) data.remove_prefix(kUtf8Mark.size());
  while (!data.empty() && data.back() == '\x1A') data.remove_suffix(1);
  if (data.empty()) {
    return FileError(options.path,
                     {"FILE-EMPTY", "ファイルが空です。出力が失敗していないか確かめてください。何も送信していません。",
                      "the file is empty. Check whether the extract failed. Nothing has been sent."});
  }
  RETURN_IF_ERROR(CheckEncoding(data, options));
  return data;
}

}  // namespace sabun::file
