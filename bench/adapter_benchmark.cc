// The adapter's part of a push, over one generated file in each encoding: the first pass (split, key, fingerprint), one
// pass (the same, with every row packed), and the rows asked for when 5, 500 or all of a thousand changed. Beside them
// the speed of light: reading the same file into memory. Before anything is measured, the first pass must give what
// RowScanner and the hashes give row by row. SABUN_BENCH_RECORDS sets the number of rows.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "adapters/client/key_scheme.h"
#include "adapters/file/csv_source.h"
#include "adapters/file/row_scanner.h"
#include "bench/generator.h"
#include "bench/rounds.h"

namespace sabun {
namespace {

using bench::Require;

using file::Encoding;

uint64_t Records() {
  const char* records = std::getenv("SABUN_BENCH_RECORDS");
  return records == nullptr ? 1'000'000 : std::strtoull(records, nullptr, 10);
}

// A generated extract on disk, and what an engine would say of it.
class Extract {
 public:
  explicit Extract(Encoding encoding) {
    options_.encoding = encoding;
    options_.path = (std::filesystem::temp_directory_path() /
                     ("sabun_adapter_" + std::to_string(getpid()) + (encoding == Encoding::kUtf8 ? "u" : "c")))
                        .string();
    bench::GeneratorOptions generator;
    generator.records = Records();
    generator.style.encoding = encoding == Encoding::kUtf8 ? bench::Encoding::kUtf8 : bench::Encoding::kCp932;
    auto rows = bench::DayRows::Create(generator);
    Require(rows.ok(), "generator");
    std::ofstream out(options_.path, std::ios::binary);
    const std::string header = (*rows)->Header();
    out << header;
    bench::GeneratedRow row;
    while ((*rows)->Next(&row)) out << row.bytes;
    Require(out.flush().good(), "file");
    for (const absl::string_view name : absl::StrSplit(absl::StripTrailingAsciiWhitespace(header), ',')) {
      if (name == "orgSpecificCertificateTypeId" || name == "historyKey") {
        begun_.add_key_fields(static_cast<uint32_t>(shape_.fields.size()));
        shape_.key_fields.push_back(static_cast<uint32_t>(shape_.fields.size()));
      }
      shape_.fields.emplace_back().set_name(std::string(name));
      begun_.add_fields()->set_name(std::string(name));
    }
    Require(shape_.key_fields.size() == 2, "key columns");
    begun_.set_key_secret(std::string(32, 'k'));
    begun_.set_fingerprint_secret(std::string(32, 'f'));
    begun_.set_key_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
    begun_.set_fingerprint_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
    bytes_ = std::filesystem::file_size(options_.path);
    CheckFirstPass(header.size());
  }
  ~Extract() { std::filesystem::remove(options_.path); }

  std::unique_ptr<file::CsvSource> Open(bool one_pass) const {
    file::CsvOptions options = options_;
    options.one_pass = one_pass;
    auto source = file::CsvSource::Open(options, shape_);
    Require(source.ok() && (*source)->Start(begun_).ok(), "open");
    return *std::move(source);
  }
  // The bytes of all messages of the first pass.
  static uint64_t ReadThrough(file::CsvSource& source, std::string* entries = nullptr) {
    uint64_t bytes = 0;
    for (;;) {
      v1::Fingerprints message;
      Require(source.ReadEntries(&message).ok(), "entries");
      if (message.entries().empty()) return bytes;
      Require(message.unreadable().empty() && message.errors().empty(), "rows without an error");
      bytes += message.entries().size() + message.rows().size();
      if (entries != nullptr) *entries += message.entries();
    }
  }

  const std::string& path() const { return options_.path; }
  uint64_t bytes() const { return bytes_; }

 private:
  void CheckFirstPass(size_t header_bytes) const {
    std::string text(bytes_, '\0');
    std::ifstream(options_.path, std::ios::binary).read(text.data(), static_cast<std::streamsize>(text.size()));
    const auto key_hash = *client::KeyedHash::Create(begun_.key_scheme(), begun_.key_secret());
    const auto row_hash = *client::KeyedHash::Create(begun_.fingerprint_scheme(), begun_.fingerprint_secret());
    file::RowScanner scanner(text, {});
    scanner.Seek(header_bytes, 2);
    file::Row row;
    std::string expected, input, entries;
    while (scanner.Next(&row)) {
      Require(client::BuildKeyInput({row.fields[shape_.key_fields[0]], row.fields[shape_.key_fields[1]]}, &input),
              "key");
      for (const client::Hash128& hash : {key_hash(input), row_hash(row.raw)})
        expected.append(hash.data(), hash.size());
    }
    const auto source = Open(false);
    ReadThrough(*source, &entries);
    Require(entries == expected && entries.size() == Records() * 32, "first pass");
  }

  file::CsvOptions options_;
  file::RecordShape shape_;
  v1::Begun begun_;
  uint64_t bytes_ = 0;
};

Extract& ExtractIn(Encoding encoding) {
  static std::map<Encoding, std::unique_ptr<Extract>> extracts;
  std::unique_ptr<Extract>& extract = extracts[encoding];
  if (extract == nullptr) extract = std::make_unique<Extract>(encoding);
  return *extract;
}

// One reading of the file, a mebibyte at a time.
void ReadFile(const Extract& extract) {
  std::string block(1 << 20, '\0');
  const int file = ::open(extract.path().c_str(), O_RDONLY);
  uint64_t bytes = 0;
  for (ssize_t got; (got = ::read(file, block.data(), block.size())) > 0;) bytes += static_cast<uint64_t>(got);
  ::close(file);
  Require(bytes == extract.bytes(), "read");
}

void Report(benchmark::State& state, const Extract& extract) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(Records()));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(extract.bytes()));
}

double Light(const Extract& extract) {
  return bench::SecondsOf([&] { ReadFile(extract); });
}

void Read(benchmark::State& state, Encoding encoding) {
  const Extract& extract = ExtractIn(encoding);
  bench::Rounds(state, Light(extract), [&] { ReadFile(extract); });
  Report(state, extract);
}

void Pass(benchmark::State& state, Encoding encoding, bool one_pass) {
  const Extract& extract = ExtractIn(encoding);
  bench::Rounds(state, Light(extract), [&] {
    const auto source = extract.Open(one_pass);
    const uint64_t bytes = Extract::ReadThrough(*source);
    Require(one_pass ? bytes > Records() * 200 : bytes == Records() * 32, "a pass's bytes");
  });
  Report(state, extract);
}

// The rows' own share of a reading of the whole file is the speed of light here.
void RowsAskedFor(benchmark::State& state, Encoding encoding) {
  const Extract& extract = ExtractIn(encoding);
  const auto per_mille = static_cast<uint64_t>(state.range(0));
  std::vector<uint64_t> ordinals;
  for (uint64_t row = 0; row < Records(); ++row) {
    if (row * 7'919 % 1'000 < per_mille) ordinals.push_back(row);
  }
  const auto source = extract.Open(false);
  Extract::ReadThrough(*source);
  bench::Rounds(state, Light(extract) * static_cast<double>(per_mille) / 1'000, [&] {
    for (absl::Span<const uint64_t> rest(ordinals); !rest.empty();) {
      v1::Records message;
      const auto taken = source->ReadRows(rest, &message);
      Require(taken.ok() && *taken > 0 && message.errors().empty(), "rows");
      rest.remove_prefix(*taken);
    }
  });
  Report(state, extract);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(ordinals.size()));
}

#define SABUN_FOR_BOTH(function, ...)                                                                              \
  BENCHMARK_CAPTURE(function, utf8, Encoding::kUtf8, ##__VA_ARGS__)->Unit(benchmark::kMillisecond)->UseRealTime(); \
  BENCHMARK_CAPTURE(function, cp932, Encoding::kCp932, ##__VA_ARGS__)->Unit(benchmark::kMillisecond)->UseRealTime()

void FirstPass(benchmark::State& state, Encoding encoding) { Pass(state, encoding, false); }
void OnePass(benchmark::State& state, Encoding encoding) { Pass(state, encoding, true); }

SABUN_FOR_BOTH(Read);
SABUN_FOR_BOTH(FirstPass);
SABUN_FOR_BOTH(OnePass);
BENCHMARK_CAPTURE(RowsAskedFor, utf8, Encoding::kUtf8)->Arg(5)->Arg(500)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RowsAskedFor, cp932, Encoding::kCp932)->Arg(5)->Arg(500)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sabun

BENCHMARK_MAIN();
