#include "tests/crash/kills/source.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/support/sample_csv.h"

namespace sabun::kills {
namespace {

const std::vector<std::string>& Columns() {
  static const auto* const columns = new std::vector<std::string>{"orgSpecificCertificateTypeId",
                                                                  "historyKey",
                                                                  "myNumber",
                                                                  "name",
                                                                  "nameKana",
                                                                  "address",
                                                                  "dateOfBirth",
                                                                  "sex",
                                                                  "isNotDisclosed",
                                                                  "medicalSubsidyInsurerNumber",
                                                                  "certificationName",
                                                                  "medicalSubsidyRecipientNumber",
                                                                  "isAlwaysReimbursement",
                                                                  "validFrom",
                                                                  "validTo",
                                                                  "certificationDetail"};
  return *columns;
}

// 住民基本台帳法施行規則: weights 2 to 7, 2 to 6 from the right; 11 less the rest of the sum, 0 above 9.
char CheckDigit(const std::string& eleven) {
  int sum = 0;
  for (int n = 1; n <= 11; ++n) sum += (eleven[11 - n] - '0') * (n <= 6 ? n + 1 : n - 5);
  const int rest = sum % 11;
  return static_cast<char>('0' + (rest <= 1 ? 0 : 11 - rest));
}

}  // namespace

Source::Source(uint64_t seed, size_t records) : random_(seed), size_(records) {
  while (records_.size() < size_) Add();
}

std::string Source::NewNumber() {
  const std::string eleven = absl::StrFormat("%011d", Draw(100'000'000'000));
  return eleven + CheckDigit(eleven);
}

std::string Source::NewRecipient(char first) { return absl::StrFormat("%c%06d", first, Draw(1'000'000)); }

void Source::Put(const std::string& key, Content content) {
  if (content.refused()) refused_.insert(key);
  if (!content.refused()) history_[key].insert(content);
  records_[key] = std::move(content);
}

void Source::Add() { Put(absl::StrFormat("K%07d", next_++), {NewNumber(), NewRecipient('0')}); }

std::map<std::string, Content>::iterator Source::Any() {
  // Near enough to even: keys are numbered, and few are missing.
  auto found = records_.lower_bound(absl::StrFormat("K%07d", Draw(next_)));
  return found == records_.end() ? records_.begin() : found;
}

void Source::NextDay() {
  // As many come as were withdrawn at once.
  while (records_.size() < size_ - size_ / 20) Add();
  const size_t changes = 1 + Draw(std::max<size_t>(size_ / 20, 2));
  for (size_t i = 0; i < changes; ++i) {
    const auto at = Any();
    const std::string key = at->first;
    Content content = at->second;
    const std::set<Content>& had = history_[key];
    switch (Draw(12)) {
      case 0:
        records_.erase(at);
        [[fallthrough]];
      case 1:
        if (records_.size() < size_ + size_ / 10) Add();
        break;
      case 2:
        content.my_number = NewNumber();
        Put(key, content);
        break;
      case 3:
        Put(key, {content.my_number, NewRecipient('9')});
        break;
      case 4:
        if (!had.empty()) Put(key, *std::next(had.begin(), static_cast<std::ptrdiff_t>(Draw(had.size()))));
        break;
      default:
        Put(key, {content.my_number, NewRecipient(static_cast<char>('0' + Draw(8)))});
    }
  }
}

void Source::WithdrawMany() {
  for (size_t i = 0; i < size_ / 5; ++i) records_.erase(Any());
}

void Source::Poison() {
  for (int i = 0; i < 2; ++i) {
    const auto at = Any();
    Put(at->first, {at->second.my_number, NewRecipient('8')});
  }
}

void Source::ChangeAll() {
  std::vector<std::string> keys;
  for (const auto& [key, content] : records_) keys.push_back(key);
  for (const std::string& key : keys) Put(key, {records_[key].my_number, NewRecipient('1')});
  while (records_.size() < size_) Add();
}

absl::Status Source::Write(const std::string& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << absl::StrJoin(Columns(), ",") << "\n";
  for (const auto& [key, content] : records_) {
    file << SampleLine(
        Columns(),
        {{"historyKey", key}, {"myNumber", content.my_number}, {"medicalSubsidyRecipientNumber", content.recipient}});
  }
  file.close();
  return file ? absl::OkStatus() : absl::UnavailableError("the extract cannot be written");
}

size_t Source::refused() const {
  return std::count_if(records_.begin(), records_.end(), [](const auto& record) { return record.second.refused(); });
}

bool Source::EverHad(const std::string& key, const Content& content) const {
  const auto found = history_.find(key);
  return found != history_.end() && found->second.contains(content);
}

}  // namespace sabun::kills
