// The whole reader with every option, over any file: a status or rows, and the way in two passes gives the entries of
// the way in one.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <numeric>
#include <string>

#include "absl/strings/str_cat.h"
#include "adapters/file/csv_source.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace sabun;
using sabun::fuzz::Require;

v1::Begun Welcome() {
  v1::Begun begun;
  begun.set_key_secret(std::string(32, 'k'));
  begun.set_fingerprint_secret(std::string(32, 'f'));
  begun.set_key_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
  begun.set_fingerprint_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
  for (const char* name : {"id", "name"}) {
    v1::Field* field = begun.add_fields();
    field->set_name(name);
    field->set_label_ja(name[0] == 'i' ? "番号" : "氏名");
    field->set_required(true);
  }
  begun.add_key_fields(0);
  return begun;
}

// Every entry in order, and how many rows there were; nothing when the file is refused.
struct Entries {
  bool refused = false;
  uint64_t rows = 0;
  std::string entries, unreadable;
};

Entries ReadAll(absl::StatusOr<std::unique_ptr<file::CsvSource>> source, const v1::Begun& begun, bool second_pass) {
  Entries all;
  all.refused = true;
  if (!source.ok() || !(*source)->Start(begun).ok()) return all;
  for (v1::Fingerprints message;; message.Clear()) {
    if (!(*source)->ReadEntries(&message).ok()) return all;
    if (message.entries().empty()) break;
    Require(message.entries().size() % 32 == 0, "entries are whole");
    all.rows += message.entries().size() / 32;
    all.entries += message.entries();
    for (const v1::RowError& error : message.unreadable()) absl::StrAppend(&all.unreadable, error.ordinal(), ",");
  }
  all.refused = false;
  std::vector<uint64_t> ordinals(second_pass ? all.rows : 0);
  std::iota(ordinals.begin(), ordinals.end(), 0);
  for (absl::Span<const uint64_t> rest(ordinals); !rest.empty();) {
    v1::Records message;
    const auto taken = (*source)->ReadRows(rest, &message);
    Require(taken.ok() && *taken > 0 && *taken <= rest.size(), "every row is there a second time");
    rest.remove_prefix(*taken);
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int file = memfd_create("csv", MFD_CLOEXEC);
  fuzz::FuzzInput input(data, size);
  const uint8_t choice = input.Byte(), more = input.Byte();
  file::CsvOptions options;
  options.path = absl::StrCat("/proc/self/fd/", file);
  options.encoding = choice & 1 ? file::Encoding::kCp932 : file::Encoding::kUtf8;
  options.delimiter = ",\t|;"[choice >> 1 & 3];
  options.has_header = choice & 8;
  options.partial = choice & 16;
  options.allow_empty = choice & 32;
  options.ignore_unknown_columns = choice & 64;
  if (more < 8) options.expect_rows = more;
  std::string bytes(input.rest());
  // Most inputs shall get past the header.
  if (options.has_header && choice & 128)
    bytes = absl::StrCat("id", std::string(1, options.delimiter), "name\n", bytes);
  Require(ftruncate(file, 0) == 0 && pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
          "a file");
  const v1::Begun begun = Welcome();
  const file::RecordShape shape{{begun.fields().begin(), begun.fields().end()}, {0}};
  const Entries two = ReadAll(file::CsvSource::Open(options, shape), begun, true);
  options.one_pass = true;
  options.path = "-";
  Require(lseek(file, 0, SEEK_SET) == 0, "back to the begin");
  const Entries one = ReadAll(file::CsvSource::OpenStream(file, options, shape), begun, false);
  if (two.refused || one.refused) return 0;
  Require(one.rows == two.rows && one.entries == two.entries && one.unreadable == two.unreadable,
          "both ways give the same rows");
  return 0;
}
