// Any text is a column map or is refused with the line; any map and header give a plan whose columns are there.
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/file/column_map.h"
#include "adapters/file/column_plan.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sabun;
  using sabun::fuzz::Require;
  static const int file = memfd_create("map", MFD_CLOEXEC);
  fuzz::FuzzInput input(data, size);
  const uint8_t choice = input.Byte();
  const std::string header(input.Piece(60)), text(input.rest());
  Require(ftruncate(file, 0) == 0 && pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
          "a file");
  const auto map = file::ReadColumnMap(absl::StrCat("/proc/self/fd/", file));
  if (!map.ok()) {
    Require(absl::IsFailedPrecondition(map.status()), "another text is refused as one");
    return 0;
  }
  file::RecordShape shape;
  for (const char* name : {"id", "name", "note"}) {
    shape.fields.emplace_back().set_name(name);
    shape.fields.back().set_label_ja(absl::StrCat("番号", name));
  }
  shape.key_fields = {0};
  file::CsvOptions options;
  options.partial = choice & 1;
  options.ignore_unknown_columns = choice & 2;
  std::vector<std::string> names;
  if (choice & 4) names = absl::StrSplit(header, ',');
  const file::ColumnSource source{names, choice & 4 ? names.size() : header.size() % 6};
  const auto plan = file::PlanColumns(source, *map, shape, options);
  if (!plan.ok()) return 0;
  Require(plan->column_of_field.size() == 3 && plan->constants.size() == 3, "a place for every field");
  Require(plan->column_of_field[0] >= 0 || !plan->constants[0].empty(), "the key comes from somewhere");
  for (const int column : plan->column_of_field) {
    Require(column < static_cast<int>(plan->column_count), "a column of the file");
  }
  return 0;
}
