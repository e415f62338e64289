#include "adapters/client/stretches.h"

#include <bit>
#include <cstring>
#include <utility>

namespace sabun::client {
namespace {

constexpr size_t kAnchorAt = 16;
constexpr size_t kAnchorBytes = 4;

uint32_t Big32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

void AppendStretch(const Stretch& stretch, std::string* out) {
  out->append(stretch.hash.data(), stretch.hash.size());
  out->append(stretch.anchor.data(), stretch.anchor.size());
  const uint32_t lengths = stretch.bytes << 8 | stretch.rows;
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(lengths >> shift));
}

KnownStretches::KnownStretches(std::string parts) : stretches_(std::move(parts)) {
  stretches_.resize(stretches_.size() / Stretch::kBytes * Stretch::kBytes);
  if (stretches_.empty()) return;
  slots_.resize(std::bit_ceil(2 * size()));
  anchors_.resize(8 * slots_.size());
  for (uint32_t number = 1; number <= size(); ++number) {
    if (Get(number).rows == 0) continue;
    const char* const anchor = stretches_.data() + (number - 1) * Stretch::kBytes + kAnchorAt;
    anchors_[Big32(anchor) & (anchors_.size() - 1)] = true;
    size_t slot = SlotOf(anchor);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = number;
  }
}

Stretch KnownStretches::Get(uint32_t number) const {
  const char* const bytes = stretches_.data() + (number - 1) * Stretch::kBytes;
  Stretch stretch;
  std::memcpy(stretch.hash.data(), bytes, kAnchorAt);
  std::memcpy(stretch.anchor.data(), bytes + kAnchorAt, kAnchorBytes);
  const uint32_t lengths = Big32(bytes + kAnchorAt + kAnchorBytes);
  stretch.bytes = lengths >> 8;
  stretch.rows = lengths & 0xFF;
  return stretch;
}

// An anchor is as good as random.
size_t KnownStretches::SlotOf(const char* anchor) const { return Big32(anchor) & (slots_.size() - 1); }

bool KnownStretches::Is(uint32_t number, absl::string_view text, const KeyedHash& hash) const {
  if (number == 0 || number > size()) return false;
  const Stretch stretch = Get(number);
  return stretch.rows > 0 && stretch.bytes <= text.size() && hash(text.substr(0, stretch.bytes)) == stretch.hash;
}

uint32_t KnownStretches::Find(const Hash128& fingerprint_of_first_row, absl::string_view text,
                              const KeyedHash& hash) const {
  if (slots_.empty() || !anchors_[Big32(fingerprint_of_first_row.data()) & (anchors_.size() - 1)]) return 0;
  for (size_t slot = SlotOf(fingerprint_of_first_row.data()); slots_[slot] != 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    const char* const anchor = stretches_.data() + (slots_[slot] - 1) * Stretch::kBytes + kAnchorAt;
    const bool may_be = std::memcmp(anchor, fingerprint_of_first_row.data(), kAnchorBytes) == 0;
    if (may_be && Is(slots_[slot], text, hash)) return slots_[slot];
  }
  return 0;
}

}  // namespace sabun::client
