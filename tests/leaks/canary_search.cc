#include "tests/leaks/canary_search.h"

#include <algorithm>
#include <cstring>

#include "tests/leaks/canary_forms.h"

namespace sabun::leaks {
namespace {

constexpr int kHashBits = 24;

uint64_t HeadAt(const char* bytes) {
  static_assert(kShortestForm == sizeof(uint64_t));
  uint64_t head;
  std::memcpy(&head, bytes, sizeof(head));
  return head;
}

uint64_t HashOf(uint64_t head) { return (head * 0x9E3779B97F4A7C15u) >> (64 - kHashBits); }

}  // namespace

CanarySearch::CanarySearch(const std::vector<std::string>& canaries) : heads_(size_t{1} << (kHashBits - 6)) {
  for (size_t i = 0; i < canaries.size(); ++i) {
    for (CanaryForm& form : FormsOf(canaries[i])) {
      longest_form_ = std::max(longest_form_, form.bytes.size());
      const uint64_t head = HeadAt(form.bytes.data());
      heads_[HashOf(head) / 64] |= uint64_t{1} << (HashOf(head) % 64);
      forms_.push_back({head, i, std::move(form.name), std::move(form.bytes)});
    }
  }
  std::sort(forms_.begin(), forms_.end(), [](const Form& a, const Form& b) { return a.head < b.head; });
}

void CanarySearch::Find(absl::string_view bytes, uint64_t first_position, std::vector<CanaryHit>* hits) const {
  for (size_t at = 0; at + kShortestForm <= bytes.size(); ++at) {
    const uint64_t head = HeadAt(bytes.data() + at);
    const uint64_t hash = HashOf(head);
    if ((heads_[hash / 64] >> (hash % 64) & 1) == 0) continue;
    auto form =
        std::lower_bound(forms_.begin(), forms_.end(), head, [](const Form& a, uint64_t b) { return a.head < b; });
    for (; form != forms_.end() && form->head == head; ++form) {
      if (bytes.substr(at, form->bytes.size()) == form->bytes) {
        hits->push_back({form->canary, form->name, first_position + at});
      }
    }
  }
}

}  // namespace sabun::leaks
