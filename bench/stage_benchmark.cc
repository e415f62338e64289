// The stages of a complete snapshot between the wire and the ledger, each over the same shapes: N rows in file order
// against an index of N records, with 0, 5 or 500 per mille of the rows changed. The speed of light beside them: a copy
// of the same bytes, and the bare scan of the store. Every round's result is checked; SABUN_BENCH_RECORDS sets N.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "bench/rounds.h"
#include "engine/diff/differ.h"
#include "engine/intake/inbox.h"
#include "engine/store/bucket_reader.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

using bench::Require;

constexpr uint32_t kDataset = 1;

using RowReader = BucketReader<RowEntry, RowByKey>;

// Keys as a hash spreads them; the fingerprint of row i on a day that changed it, or not.
IndexEntry EntryOf(uint64_t i, bool changed) {
  IndexEntry entry;
  for (size_t at = 0; at < 16; at += 8) {
    uint64_t word = (i * 2 + at / 8 + 1) * 0x9E37'79B9'7F4A'7C15;  // SplitMix64
    word = (word ^ word >> 30) * 0xBF58'476D'1CE4'E5B9;
    word = (word ^ word >> 27) * 0x94D0'49BB'1331'11EB;
    word ^= word >> 31;
    std::memcpy(&entry.key.bytes[at], &word, 8);
    std::memcpy(&entry.fingerprint.bytes[at], &word, 8);
  }
  entry.fingerprint.bytes[0] ^= static_cast<unsigned char>(changed);
  return entry;
}

struct Shape {
  int64_t records, changed_per_mille;
  bool Changed(uint64_t i) const { return i % 1'000 < static_cast<uint64_t>(changed_per_mille); }
};

// One shape's rows as they come over the wire, and its index in RocksDB.
struct World {
  explicit World(Shape shape_in) : shape(shape_in) {
    RocksStoreOptions options;
    options.directory = directory;
    options.encryption_key = std::string(32, 'k');
    auto opened = OpenRocksStore(options);
    Require(opened.ok(), "open");
    store = *std::move(opened);
    std::vector<IndexEntry> sorted;
    for (int64_t i = 0; i < shape.records; ++i) {
      const IndexEntry before = EntryOf(i, false), now = EntryOf(i, shape.Changed(i));
      sorted.push_back(before);
      wire.append(now.key.view().data(), 16);
      wire.append(now.fingerprint.view().data(), 16);
      changed += before.fingerprint != now.fingerprint;
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    IndexPageWriter writer(*store->NewBulkWriter(Family::kIndex), kDataset, 1);
    for (const IndexEntry& entry : sorted) Require(writer.Add(entry).ok(), "write");
    Require(writer.Finish().ok(), "ingest");
    extent = {1, writer.entries(), 0};
    // The first reading opens the tables; that is not what is measured.
    IndexScan scan(store.get(), kDataset, extent);
    while (scan.Valid()) scan.Next();
    Require(scan.Proof().ok(), "first scan");
    std::string copy(wire.size(), '\0');
    std::memcpy(copy.data(), wire.data(), copy.size());
    light = bench::SecondsOf([&] {
      std::memcpy(copy.data(), wire.data(), copy.size());
      benchmark::DoNotOptimize(copy.data());
    });
  }
  ~World() {
    store.reset();
    std::filesystem::remove_all(directory);
  }

  const Shape shape;
  const std::string directory =
      (std::filesystem::temp_directory_path() / ("sabun_bench_" + std::to_string(getpid()))).string();
  std::unique_ptr<Store> store;
  IndexExtent extent;
  std::string wire;
  uint64_t changed = 0;
  double light = 0;  // seconds for a copy of `wire`
};

// One world at a time: they are large. Emptied before main returns, while RocksDB still stands.
std::unique_ptr<World>& TheWorld() {
  static std::unique_ptr<World> world;
  return world;
}

World& WorldOf(const benchmark::State& state) {
  const Shape shape{state.range(0), state.range(1)};
  std::unique_ptr<World>& world = TheWorld();
  if (world == nullptr || world->shape.records != shape.records ||
      world->shape.changed_per_mille != shape.changed_per_mille) {
    world.reset();
    world = std::make_unique<World>(shape);
  }
  return *world;
}

RunsOptions Memory() { return {std::filesystem::temp_directory_path().string(), 256 << 20}; }

void Receive(const World& world, Inbox* inbox) {
  constexpr size_t kBlock = 32'768 * Inbox::kEntryBytes;
  for (size_t at = 0; at < world.wire.size(); at += kBlock) {
    const auto block = absl::string_view(world.wire).substr(at, kBlock);
    Require(inbox->Add({at / Inbox::kEntryBytes, block, {}, {}}).ok(), "receive");
  }
  StreamDigest digest;
  digest.Update(world.wire);
  Require(inbox->End(world.wire.size() / Inbox::kEntryBytes, digest.Value()).ok(), "end");
}

void Report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 32);
}

void Copy(benchmark::State& state) {
  const World& world = WorldOf(state);
  std::string copy(world.wire.size(), '\0');
  bench::Rounds(state, world.light, [&] {
    std::memcpy(copy.data(), world.wire.data(), copy.size());
    benchmark::DoNotOptimize(copy.data());
  });
  Report(state);
}

void BareScan(benchmark::State& state) {
  World& world = WorldOf(state);
  bench::Rounds(state, world.light, [&] {
    const std::string prefix = layout::IndexPart(kDataset, 1, 'l');
    const auto scan = world.store->NewScan(Family::kIndex, prefix, layout::After(prefix));
    size_t bytes = 0;
    for (; scan->Valid(); scan->Next()) bytes += scan->value().size();
    Require(bytes == world.wire.size(), "bare scan");
  });
  Report(state);
}

void ReceiveAndSort(benchmark::State& state) {
  const World& world = WorldOf(state);
  bench::Rounds(state, world.light, [&] {
    Inbox inbox(SnapshotKind::kComplete, Memory());
    Receive(world, &inbox);
    RowReader rows(inbox.rows());
    uint64_t count = 0;
    for (Require(rows.Next().ok(), "sort"); rows.Valid(); ++count) Require(rows.Next().ok(), "sort");
    Require(count == static_cast<uint64_t>(state.range(0)), "rows");
  });
  Report(state);
}

void ProvenIndexScan(benchmark::State& state) {
  World& world = WorldOf(state);
  bench::Rounds(state, world.light, [&] {
    IndexScan scan(world.store.get(), kDataset, world.extent);
    while (scan.Valid()) scan.Next();
    Require(scan.Proof().ok(), "proof");
  });
  Report(state);
}

void Merge(benchmark::State& state, size_t threads) {
  World& world = WorldOf(state);
  Inbox inbox(SnapshotKind::kComplete, Memory());
  Receive(world, &inbox);
  bench::Rounds(state, world.light, [&] {
    Difference difference(Memory(), state.range(0));
    const IndexSource index{world.store.get(), kDataset, world.extent};
    Require(DiffComplete(inbox.rows(), index, threads, nullptr, &difference).ok(), "merge");
    Require(difference.candidates.count() == world.changed, "changed rows");
    Require(difference.unchanged + world.changed == static_cast<uint64_t>(world.shape.records), "unchanged rows");
    Require(difference.gone.count() == 0, "absent records");
  });
  Report(state);
}

void Shapes(benchmark::internal::Benchmark* benchmark) {
  const char* records = std::getenv("SABUN_BENCH_RECORDS");
  const int64_t count = records == nullptr ? 1'000'000 : std::atoll(records);
  for (const int64_t per_mille : {0, 5, 500}) benchmark->Args({count, per_mille});
  benchmark->ArgNames({"records", "changed_per_mille"})->Unit(benchmark::kMillisecond);
}

BENCHMARK(Copy)->Apply(Shapes);
BENCHMARK(BareScan)->Apply(Shapes);
BENCHMARK(ReceiveAndSort)->Apply(Shapes);
BENCHMARK(ProvenIndexScan)->Apply(Shapes);
BENCHMARK_CAPTURE(Merge, one_thread, 1)->Apply(Shapes);
BENCHMARK_CAPTURE(Merge, two_threads, 2)->Apply(Shapes)->UseRealTime();

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  TheWorld().reset();
  return 0;
}

}  // namespace
}  // namespace sabun

int main(int argc, char** argv) { return sabun::Main(argc, argv); }
