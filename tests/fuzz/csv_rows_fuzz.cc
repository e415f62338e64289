// RowWalker gives what RowScanner gives, on every kernel, for any bytes and dialect, from any row on.
#include <memory>
#include <vector>

#include "adapters/file/row_scanner.h"
#include "adapters/file/row_walker.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace sabun::file;
using sabun::fuzz::Require;

void Compare(absl::string_view data, Dialect dialect, FindMasks find) {
  RowScanner scanner(data, dialect);
  RowWalker walker(dialect, find);
  walker.Open(data, 0, 1);
  Row expected, row;
  while (scanner.Next(&expected)) {
    Require(walker.Next(&row), "the walker ends no earlier");
    Require(row.raw.data() == expected.raw.data() && row.raw.size() == expected.raw.size(), "the same row");
    Require(row.fields == expected.fields && row.field_count == expected.field_count, "the same fields");
    Require(row.defect == expected.defect && row.offset == expected.offset && row.line == expected.line,
            "the same place");
    Require(walker.offset() == scanner.offset() && walker.line() == scanner.line(), "the same next row");
  }
  Require(!walker.Next(&row), "the walker ends no later");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sabun::fuzz::FuzzInput input(data, size);
  const uint8_t choice = input.Byte();
  Dialect dialect;
  dialect.delimiter = ",\t|;"[choice % 4];
  dialect.delimiter_may_be_trail_byte = dialect.delimiter == '|' && choice % 8 < 4;
  // In memory of its own, so that a read past the end shows.
  const std::vector<char> copy(input.rest().begin(), input.rest().end());
  for (const MaskKernel& kernel : MaskKernels()) Compare({copy.data(), copy.size()}, dialect, kernel.find);
  return 0;
}
