// The word tables in one encoding, cut into words, ready to be copied into rows.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/encoding.h"

namespace sabun::bench {

struct NameWord {
  std::string kanji;
  std::string kana;
  std::string half_width_kana;
};

struct CertificateWord {
  std::string type_id;
  std::string name;
  int law_number;   // 法別番号
  int highest_age;  // of its holders, in years
};

// A word has the same index in every encoding, so that an extract holds the same people whatever its encoding.
struct Vocabulary {
  // INTERNAL: ICU lacks a converter. INVALID_ARGUMENT: a table holds a character that cannot be encoded.
  static absl::StatusOr<Vocabulary> Create(Encoding encoding);

  // `city` is an index into cities.
  const std::string& InsurerNumber(size_t certificate, size_t city) const {
    return insurer_numbers[certificate * cities.size() + city];
  }

  std::vector<NameWord> surnames;
  std::vector<NameWord> rare_surnames;
  std::vector<NameWord> women;
  std::vector<NameWord> men;
  std::vector<std::string> cities;
  std::vector<std::string> towns;
  std::vector<std::string> buildings;
  std::vector<std::string> institutions;
  std::vector<CertificateWord> certificates;
  std::vector<std::string> insurer_numbers;  // 公費負担者番号, by certificate and city

  std::array<std::string, 4> eras;           // 大正 to 令和
  std::array<std::string, 10> digits;        // 〇 to 九
  std::string first_year, year, month, day;  // 元 年 月 日
  std::string block, lot, house, room;       // 丁目 番 号 号室
  std::string wide_space;                    // U+3000
  std::string copay_item, none, visit_item;  // texts on the certificate's face
};

}  // namespace sabun::bench
