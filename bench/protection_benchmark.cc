// What the protection of stored data costs, each part alone: sealing a row to its place, and what else could have done
// it (at a mebibyte that is also what the code of a file costs, and cost as HMAC); and the cipher of a file. Each
// result is checked once.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "bench/rounds.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/row_seal.h"

namespace sabun {
namespace {

using bench::Require;

const std::string kKey(32, 'k');
const std::string kStoreKey(29, 's');

void RowBytes(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t bytes : {50, 300, 600, 16'384}) benchmark->Arg(bytes);
  benchmark->ArgName("bytes");
}

void Report(benchmark::State& state) { state.SetBytesProcessed(state.iterations() * state.range(0)); }

void SealRow(benchmark::State& state) {
  RowSeal seal{SecretBytes(kKey)};
  const std::string value(state.range(0), 'v');
  const RowPlace place{Family::kChanges, kStoreKey};
  Require(seal.Open(place, value + std::string(seal.Make(place, value))) == value, "seal");
  for (auto _ : state) benchmark::DoNotOptimize(seal.Make(place, value));
  Report(state);
}

void OpenRow(benchmark::State& state) {
  RowSeal seal{SecretBytes(kKey)};
  const std::string value(state.range(0), 'v');
  const RowPlace place{Family::kChanges, kStoreKey};
  const std::string sealed = value + std::string(seal.Make(place, value));
  for (auto _ : state) Require(seal.Open(place, sealed).has_value(), "open");
  Report(state);
}

// The other way without a nonce: 16 bytes of HMAC-SHA-256 with a key that is set up once.
void HmacRow(benchmark::State& state) {
  const std::string value(state.range(0), 'v');
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(mac);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
  unsigned char code[32];
  size_t size = 0;
  Require(EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(kKey.data()), kKey.size(), parameters) == 1,
          "key");
  for (auto _ : state) {
    EVP_MAC_init(context, nullptr, 0, nullptr);
    EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(kStoreKey.data()), kStoreKey.size());
    EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(value.data()), value.size());
    EVP_MAC_final(context, code, &size, sizeof(code));
    benchmark::DoNotOptimize(code);
  }
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  Report(state);
}

void EncryptFile(benchmark::State& state) {
  const CtrCipher cipher{SecretBytes(kKey)};
  std::string bytes(state.range(0), 'f');
  for (auto _ : state) cipher.Apply(0, bytes.data(), bytes.size());
  Report(state);
}

BENCHMARK(SealRow)->Apply(RowBytes)->Arg(1 << 20);
BENCHMARK(OpenRow)->Apply(RowBytes);
BENCHMARK(HmacRow)->Apply(RowBytes)->Arg(1 << 20);
BENCHMARK(EncryptFile)->Arg(4'096)->Arg(1 << 16)->Arg(1 << 20)->ArgName("bytes");

}  // namespace
}  // namespace sabun

BENCHMARK_MAIN();
