// The audit log's lines, entries and anchors: any bytes are DATA_LOSS, or are what would be written again.
#include <string>

#include "absl/strings/strip.h"
#include "engine/audit/audit_log.h"
#include "engine/audit/entry.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sabun;
  using sabun::fuzz::Require;
  sabun::fuzz::FuzzInput input(data, size);
  const uint8_t choice = input.Byte() % 3;
  const absl::string_view bytes = input.rest();
  if (choice == 0) {
    const auto line = DecodeAuditLine(bytes);
    Require(line.ok() || absl::IsDataLoss(line.status()), "another line is DATA_LOSS");
    if (line.ok()) Require(absl::StripSuffix(EncodeAuditLine(*line), "\n") == bytes, "a line is what is written");
  }
  if (choice == 1) {
    const auto entry = DecodeAuditEntry(bytes);
    Require(entry.ok() || absl::IsDataLoss(entry.status()), "another entry is DATA_LOSS");
    if (!entry.ok()) return 0;
    const std::string written = EncodeAuditEntry(*entry);
    Require(written.find('\n') == std::string::npos && written.find('\t') == std::string::npos, "one line");
    const auto again = DecodeAuditEntry(written);
    Require(again.ok() && EncodeAuditEntry(*again) == written, "an entry round trips");
  }
  if (choice == 2) {
    const auto head = DecodeAnchor(bytes);
    Require(head.ok() || absl::IsDataLoss(head.status()), "another line is no anchor");
    if (!head.ok()) return 0;
    Require(head->chain.size() == AuditChain::kValueBytes, "a chain value is whole");
    const auto again = DecodeAnchor(EncodeAnchor(*head, absl::FromUnixSeconds(0)));
    Require(again.ok() && *again == *head, "an anchor round trips");
  }
  return 0;
}
