// Packed fields and canonical forms: what is taken is what would be written; engine and adapters agree.
#include <numeric>
#include <string>
#include <vector>

#include "adapters/client/packing.h"
#include "engine/base/bytes.h"
#include "engine/record/packed_fields.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sabun::fuzz::Require;
  sabun::fuzz::FuzzInput input(data, size);
  const size_t count = input.Byte() % 24;
  const std::string bytes(input.rest());

  absl::string_view rest = bytes, other_rest = bytes;
  std::vector<absl::string_view> values, other_values;
  const bool taken = sabun::TakePackedFields(&rest, count, &values);
  Require(taken == sabun::client::TakePackedFields(&other_rest, count, &other_values), "both sides take the same");
  if (taken) {
    Require(values == other_values && rest == other_rest, "both sides take the same values");
    std::string again;
    sabun::AppendPackedFields(std::vector<std::string>(values.begin(), values.end()), &again);
    absl::string_view written = again;
    std::vector<absl::string_view> read;
    Require(sabun::TakePackedFields(&written, count, &read) && written.empty() && read == values, "a round trip");
  }

  std::vector<uint32_t> ids(count);
  std::iota(ids.begin(), ids.end(), 1);
  std::vector<std::string> fields;
  std::vector<absl::string_view> views;
  const bool decoded = sabun::DecodeCanonical(bytes, ids, &fields);
  Require(decoded == sabun::DecodeCanonical(bytes, ids, &views), "copies and views are decoded alike");
  if (!decoded) return 0;
  Require(fields == std::vector<std::string>(views.begin(), views.end()), "copies and views are equal");
  std::string form;
  sabun::EncodeCanonical(views, ids, &form);
  std::vector<std::string> again;
  Require(sabun::DecodeCanonical(form, ids, &again) && again == fields, "a canonical form round trips");
  return 0;
}
