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

bool PortableIsPlainUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[i + at]); };
    if (byte(0) < 0x80) {
      if (byte(0) < 0x20 || byte(0) == 0x7F) return false;
      ++i;
      continue;
    }
    if (byte(0) != 0xEF && (byte(0) < 0xE3 || byte(0) > 0xE9)) return false;
    if (i + 3 > text.size() || byte(1) >> 6 != 2 || byte(2) >> 6 != 2) return false;
    i += 3;
  }
  return true;
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

// Whether bytes stand where they may, in a text of the characters of IsPlainUtf8.
struct Order {
  __m128i right = _mm_set1_epi8(-1);
  __m128i wrong = _mm_setzero_si128();

  // Looks at 16 bytes, `b1` and `b2` being those one and two places before each.
  inline void Look(__m128i b2, __m128i b1, __m128i b0) {
    const __m128i no_continuation = Outside(b0, 0x80, 0xBF);
    const __m128i no_lead = AndNot(Outside(b0, 0xE3, 0xE9), Equal(b0, 0xEF));
    // Other lead bytes are wrong already, so all from E3 on are taken for one here.
    const __m128i inside = Or(From(b1, 0xE3), From(b2, 0xE3));
    right = And(right, _mm_xor_si128(no_continuation, inside));
    wrong = Or(wrong, And(And(no_continuation, no_lead), Outside(b0, 0x20, 0x7E)));
  }
  bool Kept() const { return _mm_movemask_epi8(wrong) == 0 && _mm_movemask_epi8(right) == 0xFFFF; }
};

// What else a survey asks for.
struct Kinds {
  __m128i wrong = _mm_setzero_si128();
  __m128i full_width = _mm_setzero_si128();
  __m128i spaces = _mm_setzero_si128();
  __m128i wide_spaces = _mm_setzero_si128();
  SpaceEnds space_ends = {};

  // The first `again` of the bytes were looked at before; `place`, a multiple of 16, is that of the first new one.
  inline void Look(size_t place, size_t again, __m128i b2, __m128i b1, __m128i b0) {
    const __m128i no_full_width = AndNot(Equal(b1, 0xEF), Equal(b0, 0xBC));
    const __m128i e3 = Equal(b2, 0xE3), e3_80 = And(e3, Equal(b1, 0x80)), e3_82 = And(e3, Equal(b1, 0x82));
    const __m128i marks = Or(AndNot(e3_80, Outside(b0, 0xAA, 0xAF)),   // U+302A .. U+302F
                             AndNot(e3_82, Outside(b0, 0x99, 0x9A)));  // U+3099, U+309A
    const __m128i space = Equal(b0, ' '), wide_space = And(e3_80, Equal(b0, 0x80));
    wrong = Or(wrong, Or(no_full_width, marks));
    full_width = Or(full_width, Equal(b0, 0xEF));
    spaces = Or(spaces, space);
    wide_spaces = Or(wide_spaces, wide_space);
    NoteSpaceEnds(static_cast<uint32_t>(_mm_movemask_epi8(Or(space, wide_space))) >> again, place, &space_ends);
  }
};

// Calls `look(place, again, b2, b1, b0)` until every byte was looked at. False when the last character is cut short.
template <typename Looker>
inline bool LookAll(absl::string_view text, Looker look) {
  char padded[32];
  const char* bytes = text.data();
  size_t size = text.size();
  if (size < 18) {
    // Plain bytes behind the text, which no character may run into.
    std::memset(padded, '-', sizeof(padded));
    text.copy(padded, size);
    bytes = padded;
    size = size <= 16 ? 16 : 32;
  }
  const __m128i first = Load(bytes);
  look(0, 0, _mm_slli_si128(first, 2), _mm_slli_si128(first, 1), first);
  for (size_t i = 16; i < size; i += 16) {
    // The last ones are looked at twice rather than what is behind them.
    const size_t again = i + 16 <= size ? 0 : i + 16 - size;
    const char* const at = bytes + i - again;
    look(i, again, Load(at - 2), Load(at - 1), Load(at));
  }
  return static_cast<unsigned char>(bytes[size - 1]) < 0xC0 && static_cast<unsigned char>(bytes[size - 2]) < 0xC0;
}

}  // namespace

PlainSurvey Sse2PlainSurvey(absl::string_view text) {
  Order order;
  Kinds kinds;
  const bool whole = LookAll(text, [&](size_t place, size_t again, __m128i b2, __m128i b1, __m128i b0) {
    order.Look(b2, b1, b0);
    kinds.Look(place, again, b2, b1, b0);
  });
  PlainSurvey survey;
  survey.plain = whole && order.Kept() && _mm_movemask_epi8(kinds.wrong) == 0;
  survey.full_width = _mm_movemask_epi8(kinds.full_width) != 0;
  survey.spaces = _mm_movemask_epi8(kinds.spaces) != 0;
  survey.wide_spaces = _mm_movemask_epi8(kinds.wide_spaces) != 0;
  survey.space_ends = kinds.space_ends;
  return survey;
}

bool Sse2IsPlainUtf8(absl::string_view text) {
  Order order;
  return LookAll(text, [&](size_t, size_t, __m128i b2, __m128i b1, __m128i b0) { order.Look(b2, b1, b0); }) &&
         order.Kept();
}
#endif

}  // namespace sabun
