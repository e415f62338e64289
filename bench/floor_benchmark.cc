// How far bare loops get: of a first load and a daily run only what no program could leave out, written down in the
// shortest way, on two threads that never wait for each other, and with no notion of what a record is; of a submission
// what Sabun's layout asks of the store. That is the least that the goals of bench/README.md are to be seen against.
// Every result is checked once; SABUN_BENCH_RECORDS sets the number of records.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <lz4.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/generator.h"
#include "bench/rounds.h"
#include "engine/base/bytes.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/layout.h"
#include "engine/store/store.h"

namespace sabun {
namespace {

using bench::Require;

constexpr size_t kOnTheWire = 64 << 10;  // at once
constexpr size_t kBlock = 16 << 10;      // of the store
constexpr int kThreads = 2;

int64_t Records() {
  const char* records = std::getenv("SABUN_BENCH_RECORDS");
  return records == nullptr ? 1'000'000 : std::atoll(records);
}

// A directory that goes with the process, and the generated extract in it.
class Extract {
 public:
  Extract() {
    std::filesystem::create_directory(directory_);
    bench::GeneratorOptions generator;
    generator.records = static_cast<uint64_t>(Records());
    auto rows = bench::DayRows::Create(generator);
    Require(rows.ok(), "generator");
    std::ofstream out(Path("extract.csv"), std::ios::binary);
    bench::GeneratedRow row;
    while ((*rows)->Next(&row)) out << row.bytes;
    Require(out.flush().good(), "file");
    const int file = open(Path("extract.csv").c_str(), O_RDONLY | O_CLOEXEC);
    const size_t size = std::filesystem::file_size(Path("extract.csv"));
    void* const bytes = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    Require(bytes != MAP_FAILED, "mapping");
    bytes_ = {static_cast<const char*>(bytes), size};
    std::string buffer(128 << 10, '\0');
    cat_seconds_ = bench::SecondsOf([&] {
      while (read(file, buffer.data(), buffer.size()) > 0) benchmark::DoNotOptimize(buffer.data());
    });
    close(file);
  }
  ~Extract() {
    munmap(const_cast<char*>(bytes_.data()), bytes_.size());
    std::filesystem::remove_all(directory_);
  }

  std::string Path(absl::string_view name) const { return absl::StrCat(directory_, "/", name); }
  absl::string_view bytes() const { return bytes_; }
  absl::string_view Part(int thread) const {
    const size_t each = bytes_.size() / kThreads;
    return bytes_.substr(thread * each, thread + 1 == kThreads ? absl::string_view::npos : each);
  }
  double cat_seconds() const { return cat_seconds_; }

 private:
  const std::string directory_ =
      (std::filesystem::temp_directory_path() / absl::StrCat("sabun_floor_", getpid())).string();
  absl::string_view bytes_;
  double cat_seconds_ = 0;
};

// Emptied before main returns.
std::unique_ptr<Extract>& TheExtract() {
  static auto extract = std::make_unique<Extract>();
  return extract;
}

void OnEachThread(const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(work, thread);
  for (std::thread& thread : threads) thread.join();
}

const CtrCipher& Cipher() {
  static const CtrCipher cipher{SecretBytes(std::string(32, 'k'))};
  return cipher;
}

// One thread's part of a first load: find where rows end, bring them from one process to the other, digest what an
// approver will compare, compress, encrypt and write it durably. The number of rows.
uint64_t Load(absl::string_view part, const std::string& path, std::string* digest) {
  std::array<int, 2> wire;
  Require(socketpair(AF_UNIX, SOCK_STREAM, 0, wire.data()) == 0, "socket");
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Require(file >= 0, "file");
  std::string arrived(kOnTheWire, '\0'), stored;
  std::string block(LZ4_compressBound(kBlock), '\0');
  Sha256 sha;
  uint64_t rows = 0, offset = 0;
  for (; !part.empty(); part.remove_prefix(std::min(part.size(), kOnTheWire))) {
    absl::string_view piece = part.substr(0, kOnTheWire);
    for (const char* at = piece.data();
         (at = static_cast<const char*>(std::memchr(at, '\n', piece.end() - at))) != nullptr; ++at) {
      ++rows;
    }
    Require(write(wire[0], piece.data(), piece.size()) == static_cast<ssize_t>(piece.size()), "send");
    for (size_t got = 0; got < piece.size();) {
      const ssize_t more = read(wire[1], &arrived[got], piece.size() - got);
      Require(more > 0, "receive");
      got += static_cast<size_t>(more);
    }
    absl::string_view rest = absl::string_view(arrived).substr(0, piece.size());
    sha.Update(rest);
    stored.clear();
    for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kBlock))) {
      const absl::string_view plain = rest.substr(0, kBlock);
      const int size = LZ4_compress_default(plain.data(), block.data(), static_cast<int>(plain.size()),
                                            static_cast<int>(block.size()));
      AppendBig32(static_cast<uint32_t>(size), &stored);
      stored.append(block.data(), static_cast<size_t>(size));
    }
    Cipher().Apply(offset, stored.data(), stored.size());
    Require(write(file, stored.data(), stored.size()) == static_cast<ssize_t>(stored.size()), "write");
    offset += stored.size();
  }
  Require(fsync(file) == 0, "sync");
  for (const int descriptor : {file, wire[0], wire[1]}) close(descriptor);
  *digest = sha.Finish();
  return rows;
}

// What Load wrote, read again in the simple way.
std::string Stored(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {}), plain, block(kBlock, '\0');
  Cipher().Apply(0, bytes.data(), bytes.size());
  for (absl::string_view rest = bytes; !rest.empty();) {
    const uint32_t size = LoadBig32(rest.data());
    const int got = LZ4_decompress_safe(rest.data() + 4, block.data(), static_cast<int>(size), kBlock);
    Require(got > 0, "block");
    plain.append(block.data(), static_cast<size_t>(got));
    rest.remove_prefix(4 + size);
  }
  return plain;
}

void FirstLoad(benchmark::State& state) {
  const Extract& extract = *TheExtract();
  std::array<uint64_t, kThreads> rows;
  std::array<std::string, kThreads> digests;
  const auto round = [&] {
    OnEachThread([&](int thread) {
      rows[thread] = Load(extract.Part(thread), extract.Path(absl::StrCat("stored", thread)), &digests[thread]);
    });
  };
  round();
  for (int thread = 0; thread < kThreads; ++thread) {
    Sha256 sha;
    sha.Update(extract.Part(thread));
    Require(digests[thread] == sha.Finish(), "digest");
    Require(Stored(extract.Path(absl::StrCat("stored", thread))) == extract.Part(thread), "what is stored");
  }
  Require(rows[0] + rows[1] == static_cast<uint64_t>(Records()), "rows");
  bench::Rounds(state, extract.cat_seconds(), round);
  state.SetItemsProcessed(state.iterations() * Records());
}

// A daily run of a file that did not change: all of its bytes hashed, and nothing else.
void DailyRun(benchmark::State& state) {
  const Extract& extract = *TheExtract();
  const KeyedHash hash(HashScheme::kXxh3, std::string(32, 'f'));
  std::array<Fingerprint128, kThreads> sums;
  const auto round = [&] { OnEachThread([&](int thread) { sums[thread] = hash.Fingerprint(extract.Part(thread)); }); };
  round();
  for (int thread = 0; thread < kThreads; ++thread) {
    Require(sums[thread] == hash.Fingerprint(std::string(extract.Part(thread))), "hash");
  }
  bench::Rounds(state, extract.cat_seconds(), round);
  state.SetItemsProcessed(state.iterations() * Records());
}

// What a submission does to the store, without ledger, lock and wire: batches of a thousand records that have been
// added are read, noted as in flight, and settled by their receipts. One thread.
void Submission(benchmark::State& state) {
  constexpr size_t kBatch = 1'000, kBatches = 20;
  const std::string body(300, 'b');
  const auto key_of = [](uint64_t record) {
    std::string bytes;
    AppendBig64(record * 0x9E37'79B9'7F4A'7C15, &bytes);
    AppendBig64(record, &bytes);
    Key128 key;
    std::memcpy(key.bytes.data(), bytes.data(), key.bytes.size());
    return key;
  };
  RocksStoreOptions options;
  options.directory = TheExtract()->Path("store");
  options.encryption_key = std::string(32, 'k');
  auto opened = OpenRocksStore(options);
  Require(opened.ok(), "open");
  const std::unique_ptr<Store> store = *std::move(opened);
  uint64_t first = 0;
  const auto body_key = [](uint64_t record) { return layout::Numbered(layout::ChangePart(1, 1, 'b'), record); };
  const auto add = [&] {
    Batch batch;
    for (uint64_t record = first; record < first + kBatch * kBatches; ++record) {
      batch.Put(Family::kChanges, body_key(record), body);
      batch.Put(Family::kUnsettled, layout::Unsettled(1, 1, key_of(record)), std::string(20, 'e'));
    }
    Require(store->Commit(batch, Durability::kSynced).ok(), "add");
  };
  const auto settle = [&](uint64_t from) {
    std::vector<std::string> entries, bodies, capsules;
    for (uint64_t record = from; record < from + kBatch; ++record) {
      entries.push_back(layout::Unsettled(1, 1, key_of(record)));
      bodies.push_back(body_key(record));
      capsules.push_back(layout::Capsule(1, key_of(record)));
    }
    const auto waiting = store->MultiGet(Family::kUnsettled, entries);
    const auto contents = store->MultiGet(Family::kChanges, bodies);
    Require(waiting.ok() && contents.ok(), "read");
    Batch sent, received;
    sent.Put(Family::kSubmissions, layout::SubmissionBatch(1, from), std::string(kBatch * 24, 's'));
    for (size_t i = 0; i < kBatch; ++i) sent.Put(Family::kUnsettled, entries[i], *(*waiting)[i] + std::string(16, 'f'));
    Require(store->Commit(sent, Durability::kSynced).ok(), "hand out");
    for (size_t i = 0; i < kBatch; ++i) {
      received.Put(Family::kCapsules, capsules[i], *(*contents)[i]);
      received.Delete(Family::kUnsettled, entries[i]);
    }
    received.Delete(Family::kSubmissions, layout::SubmissionBatch(1, from));
    Require(store->Commit(received, Durability::kLater).ok(), "settle");
  };
  for (auto _ : state) {
    state.PauseTiming();
    add();
    state.ResumeTiming();
    for (size_t batch = 0; batch < kBatches; ++batch) settle(first + batch * kBatch);
    state.PauseTiming();
    Require(store->Get(Family::kCapsules, layout::Capsule(1, key_of(first))).value() == body, "a capsule");
    Require(!store->Get(Family::kUnsettled, layout::Unsettled(1, 1, key_of(first))).value(), "no entry");
    first += kBatch * kBatches;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch * kBatches));
}

BENCHMARK(FirstLoad)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(DailyRun)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(Submission)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  TheExtract().reset();
  return 0;
}

}  // namespace
}  // namespace sabun

int main(int argc, char** argv) { return sabun::Main(argc, argv); }
