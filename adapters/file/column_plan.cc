#include "adapters/file/column_plan.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/file_error.h"

namespace sabun::file {
namespace {

constexpr absl::string_view kOperation = "operation";
constexpr absl::string_view kOperationJa = "操作";
constexpr size_t kMaxLayoutBytes = 64 << 10;
constexpr size_t kNearestShown = 3;
constexpr size_t kMaxComparedName = 100;

// Levenshtein's distance over bytes; good enough to rank names.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = absl::ascii_tolower(a[i - 1]) == absl::ascii_tolower(b[j - 1]);
      const size_t best = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1)});
      diagonal = std::exchange(row[j], best);
    }
  }
  return row.back();
}

class Planner {
 public:
  Planner(const ColumnSource& source, const ColumnMap& map, const RecordShape& shape, const CsvOptions& options)
      : source_(source), map_(map), shape_(shape), options_(options) {}

  absl::StatusOr<ColumnPlan> Plan();

 private:
  absl::Status CheckHeaderIsOne() const;
  absl::Status PlaceColumn(size_t column);
  absl::Status Assign(size_t column, absl::string_view target);
  absl::Status PlaceConstants();
  absl::Status CheckMapIsUsed() const;
  absl::Status CheckComplete() const;
  std::string Layout() const;

  int FieldNamed(absl::string_view name, bool or_label) const;
  std::string Nearest(absl::string_view name) const;
  // The map's word on a column: by its header, else by its number.
  absl::optional<std::string> Mapped(size_t column);
  bool TakesOperation() const { return options_.partial && FieldNamed(kOperation, false) < 0; }

  const ColumnSource& source_;
  const ColumnMap& map_;
  const RecordShape& shape_;
  const CsvOptions& options_;
  std::vector<std::string> used_entries_;
  ColumnPlan plan_;
};

absl::StatusOr<ColumnPlan> Planner::Plan() {
  plan_.column_count = source_.column_count;
  plan_.column_of_field.assign(shape_.fields.size(), ColumnPlan::kNoColumn);
  plan_.constants.assign(shape_.fields.size(), "");
  if (source_.header.empty() && map_.columns.empty() && source_.column_count != shape_.fields.size()) {
    return FileError(
        options_.path,
        {"FILE-COLUMN-COUNT",
         absl::StrCat("列数が", source_.column_count, "です。見出しがないときは、項目の数(", shape_.fields.size(),
                      ")と同じにするか、--map で対応表を指定してください。"),
         absl::StrCat(source_.column_count, " columns. Without a header there must be one for each of the ",
                      shape_.fields.size(), " fields, or a column map (--map).")});
  }
  RETURN_IF_ERROR(CheckHeaderIsOne());
  for (size_t column = 0; column < source_.column_count; ++column) RETURN_IF_ERROR(PlaceColumn(column));
  RETURN_IF_ERROR(CheckMapIsUsed());
  RETURN_IF_ERROR(PlaceConstants());
  RETURN_IF_ERROR(CheckComplete());
  plan_.layout = Layout();
  if (plan_.layout.size() > kMaxLayoutBytes) {
    return FileError(options_.path, {"FILE-LAYOUT-LENGTH", "列の対応が長すぎます(上限64KiB)。",
                                     "the columns and constants together are longer than 64 KiB."});
  }
  return std::move(plan_);
}

// A first line that is a person's data must not be quoted in an error, so names are only shown when half of them are
// known.
absl::Status Planner::CheckHeaderIsOne() const {
  if (source_.header.empty()) return absl::OkStatus();
  size_t known = 0;
  for (const std::string& name : source_.header) {
    const bool is_operation = absl::EqualsIgnoreCase(name, kOperation) || name == kOperationJa;
    if (name.empty() || is_operation || map_.columns.count(name) > 0 || FieldNamed(name, true) >= 0) ++known;
  }
  if (known * 2 >= source_.header.size() || !map_.columns.empty() || options_.ignore_unknown_columns) {
    return absl::OkStatus();
  }
  const std::string names = absl::StrJoin(shape_.fields, ", ", [](std::string* out, const v1::Field& field) {
    absl::StrAppend(out, field.name(), "(", field.label_ja(), ")");
  });
  return FileError(
      options_.path,
      {"FILE-HEADER-UNKNOWN",
       absl::StrCat(
           "1行目が見出しと認められません(", source_.header.size(), "列のうち", known,
           "列だけが項目名と一致)。見出しのないファイルなら --no-header、項目名が違うなら --map、区切り文字が違うなら "
           "--delimiter を指定してください。項目名: ",
           names),
       absl::StrCat(
           "the first line is not taken as a header (", known, " of ", source_.header.size(),
           " columns are field names). Use --no-header when there is none, --map when names differ, --delimiter "
           "when columns are separated otherwise. Fields: ",
           names)});
}

absl::Status Planner::PlaceColumn(size_t column) {
  const absl::optional<std::string> mapped = Mapped(column);
  if (mapped.has_value()) return mapped->empty() ? absl::OkStatus() : Assign(column, *mapped);
  if (source_.header.empty()) {
    return map_.columns.empty() ? Assign(column, shape_.fields[column].name()) : absl::OkStatus();
  }
  const std::string& name = source_.header[column];
  if (name.empty()) return absl::OkStatus();
  const int field = FieldNamed(name, true);
  if (field >= 0) return Assign(column, shape_.fields[field].name());
  const bool is_operation = absl::EqualsIgnoreCase(name, kOperation) || name == kOperationJa;
  if (is_operation && TakesOperation()) return Assign(column, kOperation);
  if (options_.ignore_unknown_columns) return absl::OkStatus();
  const std::string nearest = Nearest(name);
  return FileError(
      options_.path,
      {"FILE-COLUMN-UNKNOWN",
       absl::StrCat("列「", name, "」はプロファイルにありません。",
                    is_operation ? "操作の列は --partial のときだけ使えます。" : "", "近い項目: ", nearest,
                    "。--map で対応表を指定するか、使わない列なら --ignore-unknown-columns を付けてください。"),
       absl::StrCat("column \"", name, "\" is not in the profile.",
                    is_operation ? " An operation column belongs to --partial." : "", " Nearest fields: ", nearest,
                    ". Give a column map (--map), or --ignore-unknown-columns when it is not needed.")});
}

absl::Status Planner::Assign(size_t column, absl::string_view target) {
  int* place = &plan_.operation_column;
  if (target != kOperation || !TakesOperation()) {
    const int field = FieldNamed(target, false);
    if (field < 0) {
      const std::string nearest = Nearest(target);
      return FileError(
          options_.map_path,
          {"MAP-FIELD-UNKNOWN", absl::StrCat("項目「", target, "」はプロファイルにありません。近い項目: ", nearest),
           absl::StrCat("field \"", target, "\" is not in the profile. Nearest: ", nearest)});
    }
    place = &plan_.column_of_field[field];
  }
  if (*place != ColumnPlan::kNoColumn) {
    return FileError(
        options_.path,
        {"FILE-COLUMN-TWICE",
         absl::StrCat("項目「", target, "」の列が2つあります(", *place + 1, "列目と", column + 1, "列目)。"),
         absl::StrCat("field \"", target, "\" has two columns (", *place + 1, " and ", column + 1, ").")});
  }
  *place = static_cast<int>(column);
  return absl::OkStatus();
}

absl::Status Planner::PlaceConstants() {
  for (const auto& [name, value] : map_.constants) {
    const int field = FieldNamed(name, false);
    if (field < 0) {
      const std::string nearest = Nearest(name);
      return FileError(
          options_.map_path,
          {"MAP-FIELD-UNKNOWN", absl::StrCat("項目「", name, "」はプロファイルにありません。近い項目: ", nearest),
           absl::StrCat("field \"", name, "\" is not in the profile. Nearest: ", nearest)});
    }
    if (plan_.column_of_field[field] != ColumnPlan::kNoColumn) {
      return FileError(options_.map_path,
                       {"MAP-FIELD-TWICE", absl::StrCat("項目「", name, "」に、列と固定値の両方が指定されています。"),
                        absl::StrCat("field \"", name, "\" has both a column and a constant.")});
    }
    plan_.constants[field] = value;
  }
  return absl::OkStatus();
}

// An entry that fits no column is a typing error, or another file's map.
absl::Status Planner::CheckMapIsUsed() const {
  for (const auto& [name, target] : map_.columns) {
    if (std::find(used_entries_.begin(), used_entries_.end(), name) != used_entries_.end()) continue;
    return FileError(options_.path,
                     {"FILE-COLUMN-MISSING", absl::StrCat("対応表にある列「", name, "」がファイルにありません。"),
                      absl::StrCat("the column map names column \"", name, "\", which the file lacks.")});
  }
  return absl::OkStatus();
}

absl::Status Planner::CheckComplete() const {
  std::vector<std::string> missing;
  const auto require = [&](size_t field) {
    if (plan_.column_of_field[field] != ColumnPlan::kNoColumn || !plan_.constants[field].empty()) return;
    const v1::Field& f = shape_.fields[field];
    missing.push_back(f.label_ja().empty() ? f.name() : absl::StrCat(f.name(), " (", f.label_ja(), ")"));
  };
  for (const uint32_t field : shape_.key_fields) require(field);
  const bool keys_missing = !missing.empty();
  for (size_t field = 0; field < shape_.fields.size(); ++field) {
    if (!keys_missing && !options_.partial && shape_.fields[field].required()) require(field);
  }
  if (missing.empty()) return absl::OkStatus();
  const std::string names = absl::StrJoin(missing, ", ");
  return FileError(options_.path,
                   {"FILE-COLUMN-MISSING",
                    absl::StrCat(keys_missing ? "キー項目の列がありません: " : "必須項目の列がありません: ", names,
                                 "。見出し、または --map の対応表を確かめてください。"),
                    absl::StrCat(keys_missing ? "missing key column: " : "missing required column: ", names,
                                 ". Check the header or the column map (--map).")});
}

std::string Planner::Layout() const {
  std::vector<std::string> targets(plan_.column_count, "-");
  std::string constants;
  for (size_t field = 0; field < shape_.fields.size(); ++field) {
    const std::string& name = shape_.fields[field].name();
    if (plan_.column_of_field[field] != ColumnPlan::kNoColumn) {
      targets[plan_.column_of_field[field]] = name;
    } else if (!plan_.constants[field].empty()) {
      absl::StrAppend(&constants, "constant ", name, "=", absl::CEscape(plan_.constants[field]), "\n");
    }
  }
  if (plan_.operation_column != ColumnPlan::kNoColumn) targets[plan_.operation_column] = "@operation";
  return absl::StrCat("sabun csv 1\nencoding ", EncodingName(options_.encoding), "\ndelimiter ",
                      absl::Hex(options_.delimiter, absl::kZeroPad2), "\ncolumns ", absl::StrJoin(targets, ","), "\n",
                      constants);
}

int Planner::FieldNamed(absl::string_view name, bool or_label) const {
  for (size_t field = 0; field < shape_.fields.size(); ++field) {
    if (shape_.fields[field].name() == name) return static_cast<int>(field);
  }
  for (size_t field = 0; or_label && field < shape_.fields.size(); ++field) {
    if (client::TrimKeyValue(shape_.fields[field].label_ja()) == name) return static_cast<int>(field);
  }
  return -1;
}

std::string Planner::Nearest(absl::string_view name) const {
  name = name.substr(0, kMaxComparedName);
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const v1::Field& field : shape_.fields) {
    const size_t distance = std::min(EditDistance(name, field.name()), EditDistance(name, field.label_ja()));
    ranked.emplace_back(distance, absl::StrCat(field.name(), " (", field.label_ja(), ")"));
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ranked.resize(std::min(ranked.size(), kNearestShown));
  return absl::StrJoin(ranked, ", ", [](std::string* out, const auto& entry) { out->append(entry.second); });
}

absl::optional<std::string> Planner::Mapped(size_t column) {
  for (const std::string& name :
       {source_.header.empty() ? std::string() : source_.header[column], absl::StrCat(column + 1)}) {
    const auto found = map_.columns.find(name);
    if (found == map_.columns.end()) continue;
    used_entries_.push_back(name);
    return found->second;
  }
  return absl::nullopt;
}

}  // namespace

absl::StatusOr<ColumnPlan> PlanColumns(const ColumnSource& source, const ColumnMap& map, const RecordShape& shape,
                                       const CsvOptions& options) {
  return Planner(source, map, shape, options).Plan();
}

}  // namespace sabun::file
