#include "adapters/file/block_masks.h"

#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sabun::file {
namespace {

void FindPortably(const char* data, size_t blocks, char delimiter, BlockMasks* masks) {
  for (size_t block = 0; block < blocks; ++block, data += kBlockBytes) {
    BlockMasks found{};
    uint64_t quoted = 0;
    for (size_t i = 0; i < kBlockBytes; ++i) {
      const uint64_t bit = uint64_t{1} << i;
      if (data[i] == delimiter) found.delimiters |= bit;
      if (data[i] == '\n') found.line_feeds |= bit;
      if (data[i] == '"') {
        found.quotes |= bit;
        quoted ^= ~uint64_t{0};
      }
      found.quoted |= quoted & bit;
    }
    masks[block] = found;
  }
}

#if defined(__x86_64__)

constexpr size_t kPrefetchBytes = 4096;

// Every bit becomes the parity of itself and all bits below.
inline uint64_t PrefixParity(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

// The same in one multiplication without carries.
__attribute__((target("pclmul"))) inline uint64_t PrefixParityByProduct(uint64_t bits) {
  const __m128i product =
      _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(bits)), _mm_set1_epi8(static_cast<char>(0xFF)), 0);
  return static_cast<uint64_t>(_mm_cvtsi128_si64(product));
}

void FindWithSse2(const char* data, size_t blocks, char delimiter, BlockMasks* masks) {
  const auto find = [data](size_t block, char byte) {
    const __m128i wanted = _mm_set1_epi8(byte);
    uint64_t mask = 0;
    for (size_t i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + block * kBlockBytes + 16 * i));
      const auto found = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)));
      mask |= static_cast<uint64_t>(found) << (16 * i);
    }
    return mask;
  };
  for (size_t block = 0; block < blocks; ++block) {
    const uint64_t quotes = find(block, '"');
    masks[block] = {find(block, delimiter), quotes, find(block, '\n'), PrefixParity(quotes)};
  }
}

__attribute__((target("avx2"))) inline uint64_t EqualBytes(__m256i low, __m256i high, __m256i wanted) {
  const auto first = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
  const auto second = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
  return static_cast<uint64_t>(second) << 32 | first;
}

__attribute__((target("avx2,pclmul"))) void FindWithAvx2(const char* data, size_t blocks, char delimiter,
                                                         BlockMasks* masks) {
  const __m256i delimiters = _mm256_set1_epi8(delimiter);
  const __m256i quotes = _mm256_set1_epi8('"');
  const __m256i line_feeds = _mm256_set1_epi8('\n');
  for (size_t block = 0; block < blocks; ++block, data += kBlockBytes) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + 32));
    const uint64_t found = EqualBytes(low, high, quotes);
    masks[block] = {EqualBytes(low, high, delimiters), found, EqualBytes(low, high, line_feeds),
                    PrefixParityByProduct(found)};
  }
}

__attribute__((target("avx512f,avx512bw,pclmul"))) void FindWithAvx512(const char* data, size_t blocks, char delimiter,
                                                                       BlockMasks* masks) {
  const __m512i delimiters = _mm512_set1_epi8(delimiter);
  const __m512i quotes = _mm512_set1_epi8('"');
  const __m512i line_feeds = _mm512_set1_epi8('\n');
  for (size_t block = 0; block < blocks; ++block, data += kBlockBytes) {
    _mm_prefetch(data + kPrefetchBytes, _MM_HINT_T0);
    const __m512i bytes = _mm512_loadu_si512(data);
    const uint64_t found = _mm512_cmpeq_epi8_mask(bytes, quotes);
    masks[block] = {_mm512_cmpeq_epi8_mask(bytes, delimiters), found, _mm512_cmpeq_epi8_mask(bytes, line_feeds),
                    PrefixParityByProduct(found)};
  }
}

#endif

std::vector<MaskKernel> UsableKernels() {
  std::vector<MaskKernel> kernels = {{"portable", &FindPortably}};
#if defined(__x86_64__)
  kernels.push_back({"SSE2", &FindWithSse2});
  const bool multiplies = __builtin_cpu_supports("pclmul");
  if (multiplies && __builtin_cpu_supports("avx2")) kernels.push_back({"AVX2", &FindWithAvx2});
  if (multiplies && __builtin_cpu_supports("avx512bw")) kernels.push_back({"AVX-512", &FindWithAvx512});
#endif
  return kernels;
}

}  // namespace

absl::Span<const MaskKernel> MaskKernels() {
  static const auto& kernels = *new std::vector<MaskKernel>(UsableKernels());
  return kernels;
}

}  // namespace sabun::file
