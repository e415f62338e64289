// Turns a record of the day model into a row of an extract for the 差分履歴 registration.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/day_model.h"
#include "bench/encoding.h"
#include "bench/vocabulary.h"

namespace sabun::bench {

// A mistake planted into a row. Each breaks a rule of the registration; the record key stays readable.
enum class Flaw : uint8_t {
  kNone,
  kNoName,
  kNoMyNumber,
  kNoCertificationName,
  kNoSuchBirthDate,
  kNoSuchValidFrom,
  kShortMyNumber,
  kShortInsurerNumber,
  kCount
};

// The name of the field that the flaw is in; empty for kNone.
absl::string_view FlawField(Flaw flaw);

// How the source system writes its values.
struct RowStyle {
  Encoding encoding = Encoding::kUtf8;
  bool wareki = false;   // three of ten rows give dates as 平成25年1月1日, one of ten as H25.1.1
  bool padding = false;  // two of five rows are padded with spaces, one of four has half-width kana
};

// What is done to a row beyond the record's own content.
struct RowMarks {
  Flaw flaw = Flaw::kNone;
  bool unknown_income_segment = false;  // "X9": right by the rules of the profile, in no 制度マスタ
};

// Immutable; thread-safe.
class RowFormat {
 public:
  // Room that one row may need, in bytes.
  static constexpr size_t kMaxRowBytes = 4096;

  // INTERNAL or INVALID_ARGUMENT: see Vocabulary::Create.
  static absl::StatusOr<RowFormat> Create(uint64_t seed, const RowStyle& style);

  // The names of the 22 columns, separated by commas.
  static absl::string_view Header();

  // Writes the row of the record, without line end, and returns its end. Rows are a pure function of the arguments, the
  // seed and the style. About 366 bytes on average in UTF-8 without padding.
  char* Write(const Record& record, RowMarks marks, char* to) const;

  // The record key: orgSpecificCertificateTypeId and historyKey.
  std::pair<std::string, std::string> Key(const Record& record) const;

  // Writes the two values of the key with `separator` between them and returns the end; a small part of Write's cost.
  char* WriteKey(const Record& record, char separator, char* to) const;

 private:
  struct Person;

  RowFormat(uint64_t seed, const RowStyle& style, Vocabulary vocabulary);
  Person DrawPerson(const Record& record) const;
  char* WriteName(const Record& record, const Person& person, RowMarks marks, char* to) const;
  char* WriteAddress(const Record& record, const Person& person, char* to) const;
  char* WriteBirth(const Person& person, RowMarks marks, char* to) const;
  char* WriteCertificate(const Record& record, const Person& person, RowMarks marks, char* to) const;
  char* WriteConditions(const Record& record, uint64_t record_hash, RowMarks marks, char* to) const;
  char* WriteValidity(const Record& record, const Person& person, RowMarks marks, char* to) const;
  char* WriteDetail(uint64_t record_hash, char* to) const;
  char* WriteDate(int day, uint32_t date_style, char* to) const;

  uint64_t seed_;
  RowStyle style_;
  Vocabulary words_;
};

}  // namespace sabun::bench
