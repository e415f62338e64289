// Reads generated extracts the simple way, for comparison.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/generator.h"

namespace sabun::bench {

using Fields = std::vector<std::string>;
using Key = std::pair<std::string, std::string>;

// Cuts CSV into rows of fields, quotes removed. The last row need not end in a line feed.
std::vector<Fields> ParseCsv(const std::string& text);

// The extract and the true list of a day. Fails the test when they cannot be made.
struct Day {
  std::string rows;
  std::string truth;
};
Day MakeDay(const GeneratorOptions& options);

// Rows by key; the header is left out. `first` is the column of the first key field.
std::map<Key, Fields> ByKey(const std::string& rows, size_t first = 0);

// The true list as key → op.
std::map<Key, std::string> TruthByKey(const std::string& truth);

// What a comparison of two days by hand says, in the same form.
std::map<Key, std::string> CompareDays(const std::map<Key, Fields>& before, const std::map<Key, Fields>& after);

// Places of columns that tests look at.
enum Column : size_t {
  kTypeId,
  kHistoryKey,
  kMyNumber,
  kName,
  kNameKana,
  kAddress,
  kDateOfBirth,
  kSex,
  kIsNotDisclosed,
  kInsurerNumber,
  kCertificationName,
  kRecipientNumber,
  kSubKey,
  kSegment,
  kIncomeSegment,
  kAdditionalConditions,
  kInstitutions,
  kAlwaysReimbursement,
  kMaxCopaymentAmount,
  kValidFrom,
  kValidTo,
  kDetail,
  kColumns
};

}  // namespace sabun::bench
