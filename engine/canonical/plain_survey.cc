#include "engine/canonical/plain_survey.h"

#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sabun {
namespace {

using SpaceEnds = decltype(PlainSurvey::space_ends);

// Notes the bits from byte `place` on; a longer text than there is room for goes round.
inline void NoteSpaceEnds(uint64_t bits, size_t place, SpaceEnds* ends) {
  (*ends)[place / 64 % ends->size()] |= bits << (place % 64);
}

}  // namespace

PlainSurvey PortablePlainSurvey(absl::string_view text) {
  PlainSurvey survey;
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[i + at]); };
    if (byte(0) < 0x80) {
      if (byte(0) < 0x20 || byte(0) == 0x7F) return survey;
      if (byte(0) == ' ') {
        survey.spaces = true;
        NoteSpaceEnds(1, i, &survey.space_ends);
      }
      ++i;
      continue;
    }
    const bool full_width = byte(0) == 0xEF;
    if (!full_width && (byte(0) < 0xE3 || byte(0) > 0xE9)) return survey;
    if (i + 3 > text.size() || byte(1) >> 6 != 2 || byte(2) >> 6 != 2) return survey;
    if (full_width && byte(1) != 0xBC) return survey;
    if (byte(0) == 0xE3 && byte(1) == 0x82 && (byte(2) == 0x99 || byte(2) == 0x9A)) return survey;  // U+3099, U+309A
    if (byte(0) == 0xE3 && byte(1) == 0x80) {
      if (byte(2) >= 0xAA && byte(2) <= 0xAF) return survey;  // U+302A .. U+302F
      if (byte(2) == 0x80) {
        survey.wide_spaces = true;
        NoteSpaceEnds(1, i + 2, &survey.space_ends);
      }
    }
    survey.full_width |= full_width;
    i += 3;
  }
  survey.plain = true;
  return survey;
}

#ifdef __SSE2__
namespace {

// Only the high bit of each byte counts here.
inline __m128i Repeat(int byte) { return _mm_set1_epi8(static_cast<char>(byte)); }
inline __m128i Equal(__m128i a, int byte) { return _mm_cmpeq_epi8(a, Repeat(byte)); }
inline __m128i And(__m128i a, __m128i b) { return _mm_and_si128(a, b); }
inline __m128i AndNot(__m128i a, __m128i b) { return _mm_andnot_si128(b, a); }
inline __m128i Or(__m128i a, __m128i b) { return _mm_or_si128(a, b); }
inline __m128i Load(const char* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)); }
// Saturating sums, since SSE2 compares signed bytes only; the range has at most 128 values.
inline __m128i Outside(__m128i a, int first, int last) {
  return _mm_adds_epu8(_mm_sub_epi8(a, Repeat(first)), Repeat(0x7F - (last - first)));
}
inline __m128i From(__m128i a, int first) { return _mm_subs_epu8(a, Repeat(first - 0x80)); }

// What was seen so far.
struct Seen {
  __m128i right = _mm_set1_epi8(-1);
  __m128i wrong = _mm_setzero_si128();
  __m128i full_width = _mm_setzero_si128();
  __m128i spaces = _mm_setzero_si128();
  __m128i wide_spaces = _mm_setzero_si128();
  SpaceEnds space_ends = {};
};

// Looks at 16 bytes, `b1` and `b2` being those one and two places before each. The first `again` of them were looked at
// before; `place`, a multiple of 16, is that of the first new one.
inline void Look(size_t place, size_t again, __m128i b2, __m128i b1, __m128i b0, Seen* seen) {
  const __m128i no_continuation = Outside(b0, 0x80, 0xBF);
  const __m128i full_width = Equal(b0, 0xEF);
  const __m128i no_lead = AndNot(Outside(b0, 0xE3, 0xE9), full_width);
  const __m128i unknown = And(And(no_continuation, no_lead), Outside(b0, 0x20, 0x7E));
  // Other lead bytes than E3 .. E9 and EF are wrong already, so all from E3 on are taken for one here.
  const __m128i inside = Or(From(b1, 0xE3), From(b2, 0xE3));
  const __m128i no_full_width = AndNot(Equal(b1, 0xEF), Equal(b0, 0xBC));
  const __m128i e3 = Equal(b2, 0xE3), e3_80 = And(e3, Equal(b1, 0x80)), e3_82 = And(e3, Equal(b1, 0x82));
  const __m128i marks = Or(AndNot(e3_80, Outside(b0, 0xAA, 0xAF)),   // U+302A .. U+302F
                           AndNot(e3_82, Outside(b0, 0x99, 0x9A)));  // U+3099, U+309A
  const __m128i spaces = Equal(b0, ' '), wide_spaces = And(e3_80, Equal(b0, 0x80));
  seen->right = And(seen->right, _mm_xor_si128(no_continuation, inside));
  seen->wrong = Or(Or(seen->wrong, unknown), Or(no_full_width, marks));
  seen->full_width = Or(seen->full_width, full_width);
  seen->spaces = Or(seen->spaces, spaces);
  seen->wide_spaces = Or(seen->wide_spaces, wide_spaces);
  NoteSpaceEnds(static_cast<uint32_t>(_mm_movemask_epi8(Or(spaces, wide_spaces))) >> again, place, &seen->space_ends);
}

}  // namespace

PlainSurvey Sse2PlainSurvey(absl::string_view text) {
  Seen seen;
  char padded[32];
  const char* bytes = text.data();
  size_t size = text.size();
  if (size < 18) {
    // Plain bytes behind the text, which no character may run into.
    std::memset(padded, '-', sizeof(padded));
    std::memcpy(padded, bytes, size);
    bytes = padded;
    size = size <= 16 ? 16 : 32;
  }
  const __m128i first = Load(bytes);
  Look(0, 0, _mm_slli_si128(first, 2), _mm_slli_si128(first, 1), first, &seen);
  for (size_t i = 16; i < size; i += 16) {
    // The last ones are looked at twice rather than what is behind them.
    const size_t again = i + 16 <= size ? 0 : i + 16 - size;
    const char* const at = bytes + i - again;
    Look(i, again, Load(at - 2), Load(at - 1), Load(at), &seen);
  }
  PlainSurvey survey;
  const bool cut_short =
      static_cast<unsigned char>(bytes[size - 1]) >= 0xC0 || static_cast<unsigned char>(bytes[size - 2]) >= 0xC0;
  survey.plain = _mm_movemask_epi8(seen.wrong) == 0 && _mm_movemask_epi8(seen.right) == 0xFFFF && !cut_short;
  survey.full_width = _mm_movemask_epi8(seen.full_width) != 0;
  survey.spaces = _mm_movemask_epi8(seen.spaces) != 0;
  survey.wide_spaces = _mm_movemask_epi8(seen.wide_spaces) != 0;
  survey.space_ends = seen.space_ends;
  return survey;
}
#endif

}  // namespace sabun
