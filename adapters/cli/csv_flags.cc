#include "adapters/cli/csv_flags.h"

#include "absl/strings/str_cat.h"
#include "adapters/cli/command_context.h"

namespace sabun::cli {

void AddCsvFlags(CLI::App& command, CsvFlags& flags) {
  command.add_option("--encoding", flags.encoding, "文字コード utf-8 | cp932 (Shift_JIS) / encoding")
      ->capture_default_str();
  command.add_option("--delimiter", flags.delimiter, "区切り文字。タブは tab / delimiter")->capture_default_str();
  command.add_flag("--no-header", flags.no_header, "見出しの行がない / the file has no header line");
  command.add_option("--map", flags.map_path, "列の対応表(TOML) / column map")->check(CLI::ExistingFile);
  command.add_option("--expect-rows", flags.expect_rows,
                     "出力元の件数。違えば取り込まない / the source's own row count");
  command.add_flag("--allow-empty", flags.allow_empty, "データ0件を認める / a file without rows is meant");
  command.add_flag("--ignore-unknown-columns", flags.ignore_unknown_columns,
                   "プロファイルにない列を無視する / leave out columns that are not in the profile");
  command.add_option("--errors", flags.errors_path,
                     "行の誤りをすべてCSVで書くファイル / write all row errors to this CSV file");
}

absl::StatusOr<file::CsvOptions> ToCsvOptions(const CsvFlags& flags, bool partial) {
  file::CsvOptions options;
  const auto encoding = file::ParseEncoding(flags.encoding);
  if (!encoding.ok()) {
    return UsageError(absl::StrCat("--encoding は utf-8 か cp932 です: ", flags.encoding),
                      absl::StrCat("--encoding is utf-8 or cp932, not ", flags.encoding));
  }
  const auto delimiter = file::ParseDelimiter(flags.delimiter);
  if (!delimiter.ok()) {
    return UsageError(absl::StrCat("--delimiter は記号1文字か tab です: ", flags.delimiter),
                      absl::StrCat("--delimiter is one ASCII sign, or tab, not ", flags.delimiter));
  }
  options.path = flags.path;
  options.encoding = *encoding;
  options.delimiter = *delimiter;
  options.has_header = !flags.no_header;
  options.partial = partial;
  options.allow_empty = flags.allow_empty;
  options.ignore_unknown_columns = flags.ignore_unknown_columns;
  options.one_pass = flags.one_pass || flags.path == "-";
  options.map_path = flags.map_path;
  options.expect_rows = flags.expect_rows;
  return options;
}

}  // namespace sabun::cli
