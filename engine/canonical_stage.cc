#include "engine/canonical_stage.h"

#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/record/packed_fields.h"

namespace sabun {

WantedBatch CanonicalStage::Run(const RowBatch& batch) {
  WantedBatch wanted{{}, std::make_unique<std::string>()};
  wanted.records.reserve(batch.asked.size());
  wanted.bytes->reserve(batch.rows.size() + batch.rows.size() / 8);
  std::vector<size_t> ends;
  ends.reserve(batch.asked.size());
  absl::string_view rest = batch.rows;
  for (const Candidate& asked : batch.asked) {
    uint64_t ordinal = 0;
    SABUN_CHECK(TakeVarint(&rest, &ordinal) && TakePackedFields(&rest, rules_->profile.fields.size(), &raw_));
    if (!IsValid(asked)) {
      ++invalid_;  // its key is in the snapshot, so the record stays as it is
      if (stretches_ != nullptr) stretches_->Spoil(ordinal);
      continue;
    }
    EncodeCanonical(values_.get(), rules_->field_ids, wanted.bytes.get());
    const uint32_t stretch = stretches_ == nullptr ? 0 : stretches_->NumberOf(ordinal);
    wanted.records.push_back({asked.key, asked.fingerprint, asked.in_index != 0, {}, stretch});
    ends.push_back(wanted.bytes->size());
  }
  // Only now do the bytes stay where they are.
  for (size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
    wanted.records[i].canonical = absl::string_view(*wanted.bytes).substr(begin, ends[i] - begin);
  }
  return wanted;
}

bool CanonicalStage::IsValid(const Candidate& asked) {
  row_findings_.clear();
  bool valid = rules_->canonicalizer.Run(raw_, &values_, &row_findings_);
  if (valid) {
    key_values_.clear();
    for (const uint32_t field : rules_->profile.key_fields) key_values_.push_back(values_[field]);
    if (key_hash_.Key(KeyInput(key_values_)) != asked.key) {
      row_findings_.push_back({&row_code::kKeyMismatch, ""});
      valid = false;
    }
  }
  if (row_findings_.empty()) return valid;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const Finding& finding : row_findings_) {
    findings_.push_back({asked.ordinal, finding.code, std::string(finding.field)});
  }
  return valid;
}

std::vector<RowFinding> CanonicalStage::TakeFindings() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(findings_, {});
}

}  // namespace sabun
