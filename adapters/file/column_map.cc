#include "adapters/file/column_map.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/file_error.h"

#include <toml++/toml.h>

namespace sabun::file {
namespace {

absl::Status MapError(const std::string& path, size_t line, const std::string& ja, const std::string& en) {
  return FileError(absl::StrCat(path, ":", line), {"MAP-INVALID", ja, en});
}

std::string Name(const toml::key& key) { return std::string(key.str()); }

absl::Status ReadTable(const toml::node& node, const std::string& path, std::map<std::string, std::string>* out) {
  const toml::table* const table = node.as_table();
  if (table == nullptr) {
    return MapError(path, node.source().begin.line, "表([columns] または [constants])ではありません。", "not a table.");
  }
  for (const auto& [key, value] : *table) {
    const toml::value<std::string>* const text = value.as_string();
    if (text == nullptr) {
      return MapError(path, value.source().begin.line,
                      absl::StrCat("「", Name(key), "」の値は引用符で囲んでください。"),
                      absl::StrCat("the value of \"", Name(key), "\" must be a string in quotes."));
    }
    (*out)[Name(key)] = text->get();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ColumnMap> ReadColumnMap(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) {
    return FileError(path, {"MAP-NOT-FOUND", "対応表のファイルを開けません。", "the column map cannot be opened."});
  }
  std::stringstream text;
  text << stream.rdbuf();
  toml::table table;
  // The packaged library reports a syntax error by throwing; it goes no further than this.
  try {
    table = toml::parse(text.str());
  } catch (const toml::parse_error& error) {
    const std::string reason(error.description());
    return MapError(path, error.source().begin.line, absl::StrCat("TOMLとして読めません: ", reason),
                    absl::StrCat("not TOML: ", reason));
  }
  ColumnMap map;
  for (const auto& [key, node] : table) {
    const bool is_columns = Name(key) == "columns";
    if (!is_columns && Name(key) != "constants") {
      return MapError(path, key.source().begin.line,
                      absl::StrCat("知らない項目「", Name(key), "」。[columns] と [constants] だけが使えます。"),
                      absl::StrCat("unknown entry \"", Name(key), "\"; there are only [columns] and [constants]."));
    }
    RETURN_IF_ERROR(ReadTable(node, path, is_columns ? &map.columns : &map.constants));
  }
  return map;
}

}  // namespace sabun::file
