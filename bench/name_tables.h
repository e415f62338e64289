// The words that synthetic extracts are made of: names with their kana, places, buildings, certificates.
//
// Every table is UTF-8 text in which words are separated by single spaces. Tables of pairs hold "kanji kana kanji kana
// …". They are constant, valid for the life of the program and may be read by any thread.
#pragma once

#include "absl/strings/string_view.h"

namespace sabun::bench {

// Pairs of surname and kana, the commonest first.
absl::string_view Surnames();

// Pairs of surname and kana with a character that many systems cannot show (外字): 髙, 﨑, 栁, 𠮷 and the like.
absl::string_view RareSurnames();

// Pairs of given name and kana.
absl::string_view GivenNamesOfWomen();
absl::string_view GivenNamesOfMen();

// Pairs of prefecture code (two digits) and prefecture with city.
absl::string_view Cities();

// Town names within a city, without 丁目.
absl::string_view Towns();

// Names of apartment houses, without the room.
absl::string_view Buildings();

// Names of hospitals, clinics and pharmacies.
absl::string_view Institutions();

// Groups of four: orgSpecificCertificateTypeId, certificate name, 法別番号 (two digits), highest age of its holders.
absl::string_view Certificates();

// What to write for characters that an encoding lacks: pairs of the character and its usual replacement.
absl::string_view Replacements();

}  // namespace sabun::bench
