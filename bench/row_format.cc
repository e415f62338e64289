#include "bench/row_format.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/calendar.h"
#include "bench/check_digits.h"
#include "bench/draws.h"
#include "bench/row_cursor.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

enum Purpose : uint64_t { kPersonPurpose = 11, kRecordPurpose = 12, kDetailPurpose = 13 };

constexpr uint64_t kMyNumberBodies = 100'000'000'000;

// How a row writes its dates; the shares are those of RowStyle.
enum DateStyle : uint32_t { kIso, kEraName, kEraLetter };

// Segments as a 制度マスタ may list them; the empty one is allowed, the field is optional.
constexpr absl::string_view kIncomeSegments[] = {"A1", "A2", "B1", "B2", "C1", "C2", "", "D1", "D2"};
constexpr absl::string_view kSegments[] = {"", "01", "02", "03", "11"};

// Amounts in yen. Quotes are doubled, as CSV wants them.
constexpr absl::string_view kCopayments[] = {
    "", R"("{""outpatient"":600,""inpatient"":1200}")", R"("{""monthly"":2500}")", R"("{""monthly"":5000}")",
    "", R"("{""monthly"":10000,""perVisit"":500}")",    R"("{""monthly"":20000}")"};

template <typename T, size_t N>
const T& Cyclic(const T (&values)[N], uint64_t index) {
  return values[index % N];
}

template <typename T>
const T& Cyclic(const std::vector<T>& values, uint64_t index) {
  return values[index % values.size()];
}

// The commonest names come first in the table, so the lower of two draws is nearer to how names are spread.
uint32_t Skewed(Draws* draws, size_t bound) {
  const uint32_t a = draws->Below(static_cast<uint32_t>(bound));
  const uint32_t b = draws->Below(static_cast<uint32_t>(bound));
  return std::min(a, b);
}

void PutHistoryKey(const Record& record, RowCursor* row) {
  row->PutPadded(record.slot, 10);
  row->PutPadded(record.born, 3);
}

}  // namespace

// What all history records of a person share.
struct RowFormat::Person {
  uint64_t hash;
  uint64_t record_hash;
  uint32_t certificate;
  uint32_t city;
  bool woman;
  int birth_day;
  uint32_t date_style;
  bool padded;
  bool half_width;
};

absl::string_view FlawField(Flaw flaw) {
  static constexpr absl::string_view kFields[] = {"",
                                                  "name",
                                                  "myNumber",
                                                  "certificationName",
                                                  "dateOfBirth",
                                                  "validFrom",
                                                  "myNumber",
                                                  "medicalSubsidyInsurerNumber"};
  static_assert(std::size(kFields) == static_cast<size_t>(Flaw::kCount));
  return kFields[static_cast<size_t>(flaw)];
}

absl::string_view RowFormat::Header() {
  return "orgSpecificCertificateTypeId,historyKey,myNumber,name,nameKana,address,dateOfBirth,sex,isNotDisclosed,"
         "medicalSubsidyInsurerNumber,certificationName,medicalSubsidyRecipientNumber,certificationSubKey,segment,"
         "incomeSegment,additionalConditions,designatedMedicalInstitutions,isAlwaysReimbursement,maxCopaymentAmount,"
         "validFrom,validTo,certificationDetail";
}

RowFormat::RowFormat(uint64_t seed, const RowStyle& style, Vocabulary vocabulary)
    : seed_(seed), style_(style), words_(std::move(vocabulary)) {}

absl::StatusOr<RowFormat> RowFormat::Create(uint64_t seed, const RowStyle& style) {
  ASSIGN_OR_RETURN(Vocabulary vocabulary, Vocabulary::Create(style.encoding));
  return RowFormat(seed, style, std::move(vocabulary));
}

RowFormat::Person RowFormat::DrawPerson(const Record& record) const {
  Person person;
  person.hash = Mix(seed_ ^ (kPersonPurpose << 56), record.person);
  person.record_hash = Mix(seed_ ^ (kRecordPurpose << 56), record.slot * (DayModel::kMaxDay + 1) + record.born);
  Draws draws(person.hash);
  person.certificate = Skewed(&draws, words_.certificates.size());
  person.city = draws.Below(static_cast<uint32_t>(words_.cities.size()));
  person.woman = draws.Percent(51);
  const uint32_t oldest = static_cast<uint32_t>(words_.certificates[person.certificate].highest_age) * 365;
  // Nobody is born within the last four years, so that all history records lie within the holder's life.
  person.birth_day = kFirstDay - 4 * 365 - static_cast<int>(draws.Below(oldest - 4 * 365));
  const uint32_t style = draws.Below(100);
  person.date_style = !style_.wareki || style >= 40 ? kIso : style < 30 ? kEraName : kEraLetter;
  person.padded = style_.padding && draws.Percent(40);
  person.half_width = style_.padding && draws.Percent(25);
  return person;
}

std::pair<std::string, std::string> RowFormat::Key(const Record& record) const {
  return {words_.certificates[DrawPerson(record).certificate].type_id,
          absl::StrFormat("%010d%03d", record.slot, record.born)};
}

char* RowFormat::WriteKey(const Record& record, char separator, char* to) const {
  // The certificate is the first thing that is drawn for a person.
  Draws draws(Mix(seed_ ^ (kPersonPurpose << 56), record.person));
  RowCursor row(to);
  row.Put(words_.certificates[Skewed(&draws, words_.certificates.size())].type_id);
  row.Put(separator);
  PutHistoryKey(record, &row);
  return row.at();
}

char* RowFormat::Write(const Record& record, RowMarks marks, char* to) const {
  const Person person = DrawPerson(record);
  to = WriteName(record, person, marks, to);
  to = WriteAddress(record, person, to);
  to = WriteBirth(person, marks, to);
  to = WriteCertificate(record, person, marks, to);
  to = WriteConditions(record, person.record_hash, marks, to);
  to = WriteValidity(record, person, marks, to);
  return WriteDetail(person.record_hash, to);
}

// orgSpecificCertificateTypeId to nameKana.
char* RowFormat::WriteName(const Record& record, const Person& person, RowMarks marks, char* to) const {
  RowCursor row(to);
  row.Put(words_.certificates[person.certificate].type_id);
  row.Put(',');
  PutHistoryKey(record, &row);
  row.Put(',');
  // A bijection of the person's number, so that no two people share a My Number.
  const uint64_t body = (record.person * 61'803'398'877 % kMyNumberBodies + Mix(seed_) % kMyNumberBodies +
                         record.versions[kMyNumberVersion] * 7919u) %
                        kMyNumberBodies;
  if (marks.flaw == Flaw::kShortMyNumber) {
    row.PutPadded(body, 11);
  } else if (marks.flaw != Flaw::kNoMyNumber) {
    row.PutPadded(body * 10 + static_cast<uint64_t>(MyNumberCheckDigit(body)), 12);
  }
  row.Put(',');
  Draws draws(person.hash + 1);
  const bool rare = draws.Percent(4);
  const std::vector<NameWord>& surnames = rare ? words_.rare_surnames : words_.surnames;
  const NameWord& surname = Cyclic(surnames, Skewed(&draws, surnames.size()) + record.versions[kSurnameVersion]);
  const std::vector<NameWord>& given_names = person.woman ? words_.women : words_.men;
  const NameWord& given_name = Cyclic(given_names, draws.Next() >> 32);
  if (marks.flaw != Flaw::kNoName) {
    row.Put(surname.kanji);
    row.Put(given_name.kanji);
    if (person.padded) row.PutRepeated(words_.wide_space, 2 + draws.Below(6));
  }
  row.Put(',');
  row.Put(person.half_width ? surname.half_width_kana : surname.kana);
  row.Put(person.half_width ? given_name.half_width_kana : given_name.kana);
  if (person.padded) row.PutRepeated(" ", 4 + draws.Below(12));
  row.Put(',');
  return row.at();
}

char* RowFormat::WriteAddress(const Record& record, const Person& person, char* to) const {
  RowCursor row(to);
  Draws draws(person.hash + 2);
  const uint32_t moves = record.versions[kAddressVersion];
  row.Put(words_.cities[person.city]);
  row.Put(Cyclic(words_.towns, (draws.Next() >> 32) + moves * 5));
  const uint32_t block = 1 + draws.Below(8);
  const uint32_t lot = 1 + draws.Below(40);
  // The house is another one after each move, so that consecutive addresses differ.
  const uint32_t house = 1 + (draws.Below(30) + moves) % 30;
  const uint32_t style = draws.Below(3);
  if (style == 0) {
    row.PutNumber(block);
    row.Put('-');
    row.PutNumber(lot);
    row.Put('-');
    row.PutNumber(house);
  } else {
    if (style == 1) {
      row.Put(words_.digits[block]);
    } else {
      row.PutNumber(block);
    }
    row.Put(words_.block);
    row.PutNumber(lot);
    row.Put(words_.lot);
    row.PutNumber(house);
    row.Put(words_.house);
  }
  if (draws.Percent(55)) {
    row.Put(style == 0 ? absl::string_view(" ") : absl::string_view(words_.wide_space));
    row.Put(Cyclic(words_.buildings, draws.Next() >> 32));
    row.PutNumber((1 + draws.Below(9)) * 100 + 1 + draws.Below(12));
    row.Put(words_.room);
  }
  const uint32_t spaces = person.padded ? draws.Below(20) : 0;
  row.PutRepeated(" ", spaces + record.versions[kPaddingVersion] % 5);
  row.Put(',');
  return row.at();
}

// dateOfBirth to isNotDisclosed.
char* RowFormat::WriteBirth(const Person& person, RowMarks marks, char* to) const {
  RowCursor row(marks.flaw == Flaw::kNoSuchBirthDate ? to : WriteDate(person.birth_day, person.date_style, to));
  if (marks.flaw == Flaw::kNoSuchBirthDate) row.Put("2013-02-30");
  row.Put(person.woman ? ",2," : ",1,");
  row.Put(Draws(person.hash + 3).Below(1000) < 5 ? "true," : "false,");
  return row.at();
}

// medicalSubsidyInsurerNumber to certificationSubKey.
char* RowFormat::WriteCertificate(const Record& record, const Person& person, RowMarks marks, char* to) const {
  RowCursor row(to);
  Draws draws(person.hash + 4);
  const absl::string_view insurer = words_.InsurerNumber(person.certificate, person.city);
  row.Put(marks.flaw == Flaw::kShortInsurerNumber ? insurer.substr(1) : insurer);
  row.Put(',');
  if (marks.flaw != Flaw::kNoCertificationName) row.Put(words_.certificates[person.certificate].name);
  // Drawn in any case, so that padding leaves the rest of the row as it is.
  const uint32_t spaces = draws.Below(4);
  if (person.padded) row.PutRepeated(words_.wide_space, spaces);
  row.Put(',');
  const uint64_t recipient = draws.Below(1'000'000);
  row.PutPadded(recipient * 10 + static_cast<uint64_t>(SubsidyCheckDigit(recipient)), 7);
  row.Put(',');
  if (draws.Percent(50)) row.PutPadded(record.history + 1, 2);
  row.Put(',');
  return row.at();
}

// segment to maxCopaymentAmount.
char* RowFormat::WriteConditions(const Record& record, uint64_t record_hash, RowMarks marks, char* to) const {
  RowCursor row(to);
  Draws draws(record_hash);
  row.Put(Cyclic(kSegments, draws.Next() >> 32));
  row.Put(',');
  const absl::string_view income = Cyclic(kIncomeSegments, (draws.Next() >> 32) + record.versions[kIncomeVersion]);
  row.Put(marks.unknown_income_segment ? "X9" : income);
  row.Put(',');
  const uint32_t conditions = draws.Percent(30) ? 1 + draws.Below(2) : 0;
  for (uint32_t i = 0; i < conditions; ++i) {
    if (i > 0) row.Put(';');
    row.Put(i == 0 ? "J0" : "K0");
    row.PutNumber(1 + draws.Below(9));
    row.Put("-0");
    row.PutNumber(1 + draws.Below(9));
  }
  row.Put(',');
  if (draws.Percent(35)) row.Put(Cyclic(words_.institutions, draws.Next() >> 32));
  row.Put(draws.Percent(4) ? ",1," : ",0,");
  // The amounts of neighbours in the table differ, so that the next version always does.
  row.Put(Cyclic(kCopayments, (draws.Next() >> 32) + record.versions[kCopaymentVersion]));
  row.Put(',');
  return row.at();
}

// validFrom and validTo. Each history record of a person follows the one before it; all but the last have ended.
char* RowFormat::WriteValidity(const Record& record, const Person& person, RowMarks marks, char* to) const {
  static constexpr int kLatestRenewalDay = kFirstDay - 182;  // 2025-10-01
  int from;
  if (record.born > 0) {
    from = kFirstDay + static_cast<int>(record.born) + static_cast<int>(person.record_hash % 30);
  } else {
    Draws draws(person.hash + 5);
    const int latest = draws.Percent(50) ? kLatestRenewalDay : kFirstDay - 1 - static_cast<int>(draws.Below(330));
    from = latest - 365 * static_cast<int>(record.histories - 1 - record.history);
  }
  // Odd versions end early, even ones are renewed for another year: consecutive ones differ.
  const int version = record.versions[kEndVersion];
  const int until =
      from + 364 + (version % 2 == 1 ? -1 - static_cast<int>((person.record_hash >> 32) % 200) : version / 2 * 365);
  if (marks.flaw == Flaw::kNoSuchValidFrom) {
    RowCursor row(to);
    row.Put("2025-13-01");
    to = row.at();
  } else {
    to = WriteDate(from, person.date_style, to);
  }
  *to++ = ',';
  to = WriteDate(until, person.date_style, to);
  *to++ = ',';
  return to;
}

char* RowFormat::WriteDetail(uint64_t record_hash, char* to) const {
  RowCursor row(to);
  Draws draws(Mix(record_hash, kDetailPurpose));
  row.Put(R"("[{""itemCode"":""0)");
  row.PutNumber(1 + draws.Below(9));
  row.Put(R"("",""itemName"":"")");
  row.Put(words_.copay_item);
  row.Put(R"("",""value"":"")");
  if (draws.Percent(40)) {
    row.Put(words_.none);
  } else {
    row.PutNumber(100 * (1 + draws.Below(50)));
  }
  if (draws.Percent(40)) {
    row.Put(R"(""},{""itemCode"":""1)");
    row.PutNumber(draws.Below(10));
    row.Put(R"("",""value"":"")");
    row.Put(words_.visit_item);
  }
  row.Put(R"(""}]")");
  return row.at();
}

char* RowFormat::WriteDate(int day, uint32_t date_style, char* to) const {
  static constexpr char kEraLetters[] = "TSHR";
  RowCursor row(to);
  const Date date = DateOfDay(day);
  if (date_style == kIso) {
    row.PutPadded(static_cast<uint64_t>(date.year), 4);
    row.Put('-');
    row.PutPadded(static_cast<uint64_t>(date.month), 2);
    row.Put('-');
    row.PutPadded(static_cast<uint64_t>(date.day), 2);
    return row.at();
  }
  const EraDate era = EraOfDay(day);
  const bool letter = date_style == kEraLetter;
  if (letter) {
    row.Put(kEraLetters[era.era]);
  } else {
    row.Put(words_.eras[static_cast<size_t>(era.era)]);
  }
  if (era.year == 1 && !letter) {
    row.Put(words_.first_year);
  } else {
    row.PutNumber(static_cast<uint64_t>(era.year));
  }
  row.Put(letter ? absl::string_view(".") : absl::string_view(words_.year));
  row.PutNumber(static_cast<uint64_t>(date.month));
  row.Put(letter ? absl::string_view(".") : absl::string_view(words_.month));
  row.PutNumber(static_cast<uint64_t>(date.day));
  if (!letter) row.Put(words_.day);
  return row.at();
}

}  // namespace sabun::bench
