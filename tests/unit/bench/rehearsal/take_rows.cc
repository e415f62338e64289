#include "tests/unit/bench/rehearsal/take_rows.h"

#include <gtest/gtest.h>

#include "absl/types/span.h"
#include "bench/rehearsal/builtin_profile.h"
#include "engine/canonical/profile.h"

namespace sabun::bench {

v1::Begun BegunForBuiltinProfile() {
  const Profile profile = ParseProfile(BuiltinProfile()).value();
  v1::Begun begun;
  for (const ProfileField& field : profile.fields) begun.add_fields()->set_name(field.name);
  for (const uint32_t field : profile.key_fields) begun.add_key_fields(field);
  begun.set_key_secret(std::string(32, 'k'));
  begun.set_fingerprint_secret(std::string(32, 'f'));
  begun.set_key_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
  begun.set_fingerprint_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
  return begun;
}

file::RecordShape ShapeOf(const v1::Begun& begun) {
  return {{begun.fields().begin(), begun.fields().end()}, {begun.key_fields().begin(), begun.key_fields().end()}};
}

std::string TakeEntries(client::RowSource& source) {
  std::string entries;
  for (;;) {
    v1::Fingerprints message;
    const absl::Status status = source.ReadEntries(&message);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok() || message.entries().empty()) return entries;
    EXPECT_EQ(message.first_ordinal(), entries.size() / 32);
    EXPECT_LE(message.entries().size() / 32, client::RowSource::kMaxEntries);
    entries += message.entries();
  }
}

std::string TakeRows(client::RowSource& source, const std::vector<uint64_t>& ordinals) {
  std::string rows;
  absl::Span<const uint64_t> rest = ordinals;
  while (!rest.empty()) {
    v1::Records message;
    const absl::StatusOr<size_t> taken = source.ReadRows(rest, &message);
    EXPECT_TRUE(taken.ok() && *taken > 0) << taken.status();
    if (!taken.ok() || *taken == 0) return rows;
    rows += message.rows();
    rest.remove_prefix(*taken);
  }
  return rows;
}

size_t CountDifferent(const std::string& entries, const std::string& others) {
  EXPECT_EQ(entries.size(), others.size());
  size_t different = 0;
  for (size_t at = 0; at + 32 <= std::min(entries.size(), others.size()); at += 32) {
    different += entries.compare(at, 32, others, at, 32) != 0;
  }
  return different;
}

}  // namespace sabun::bench
