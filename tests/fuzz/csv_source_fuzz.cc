// The whole reader with every option, over any file: a status or rows, and the way in two passes gives the entries of
// the way in one.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

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
  std::string stretches;             // that were formed
  std::vector<std::string> in_them;  // the entries of each
};

// The file again, with what was formed of it before: whatever is claimed stands for the entries that it had.
void ReadInStretches(const file::CsvOptions& options, const file::RecordShape& shape, const v1::Begun& begun,
                     Entries* known) {
  const auto source = file::CsvSource::Open(options, shape);
  if (!source.ok()) return;
  (*source)->SetStretches(std::make_shared<const client::KnownStretches>(known->stretches));
  if (!(*source)->Start(begun).ok()) return;
  Entries all;
  for (v1::Fingerprints message;; message.Clear()) {
    if (!(*source)->ReadEntries(&message).ok()) return;
    if (client::IsEmpty(message)) break;
    std::string entries;
    absl::string_view left = message.entries();
    for (int claim = 0; claim < message.claimed_size() || !left.empty();) {
      if (claim < message.claimed_size() && message.claimed_ordinals(claim) == all.rows + entries.size() / 32) {
        entries += known->in_them.at(message.claimed(claim++) - 1);
        continue;
      }
      Require(left.size() >= 32, "rows that are not claimed have entries");
      entries += std::string(left.substr(0, 32));
      left.remove_prefix(32);
    }
    Require(message.end_ordinal() == all.rows + entries.size() / 32, "the message ends where it says");
    for (int i = 0; i < message.formed_ordinals_size(); ++i) {
      const std::string stretch = message.formed().substr(i * client::Stretch::kBytes, client::Stretch::kBytes);
      all.stretches += stretch;
      all.in_them.push_back(entries.substr((message.formed_ordinals(i) - all.rows) * 32,
                                           static_cast<unsigned char>(stretch.back()) * 32));
    }
    all.rows = message.end_ordinal();
    all.entries += entries;
  }
  Require(all.entries == known->entries, "stretches stand for their rows");
  if (known->stretches.empty()) *known = all;
}

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
  options.one_pass = false;
  options.path = absl::StrCat("/proc/self/fd/", file);
  Entries known = two;
  for (int day = 0; day < 2; ++day) ReadInStretches(options, shape, begun, &known);
  return 0;
}
