// The published sample as an element of a registration array.
#pragma once

#include <string>

#include <simdjson.h>
#include <nlohmann/json.hpp>

namespace sabun {

// An element as the stand-in reads it from a call.
class ReadElement {
 public:
  explicit ReadElement(const nlohmann::json& element) : element_(parser_.parse(element.dump()).value_unsafe()) {}
  operator const simdjson::dom::element&() const { return element_; }

 private:
  simdjson::dom::parser parser_;
  const simdjson::dom::element element_;
};

inline nlohmann::json SampleElement(const std::string& history_key = "H1", bool deleted = false) {
  nlohmann::json element = nlohmann::json::parse(R"json({
    "orgSpecificCertificateTypeId": "A01", "myNumber": "210987654321",
    "basicFiveInfo": {"name": "愛知花子", "nameKana": "アイチハナコ", "address": "愛知県B市B町1-1-1 Bマンション101号室",
                      "dateOfBirth": "2013-01-01", "sex": "2"},
    "isNotDisclosed": false, "medicalSubsidyInsurerNumber": "87654321",
    "certificationName": "自立支援医療受給者証(育成医療)", "medicalSubsidyRecipientNumber": "0000002",
    "isAlwaysReimbursement": "0", "validFrom": "2024-10-01", "validTo": "2025-09-30", "certificationDetail": []})json");
  element["historyKey"] = history_key;
  element["isDeleted"] = deleted;
  return element;
}

}  // namespace sabun
