#include "engine/audit/entry.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/whole_numbers.h"

namespace sabun {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTimeFormat = "%Y-%m-%dT%H:%M:%E6SZ";

absl::Status Damaged() { return absl::DataLossError("audit log: this is not an entry"); }

// Texts that are empty, and flags that are false, are left out.
void Put(const char* name, const std::string& text, Json* json) {
  if (!text.empty()) (*json)[name] = text;
}

std::string TextOf(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() ? "" : found->get<std::string>();
}

bool FromHex(absl::string_view hex, std::string* bytes) {
  if (hex.size() != 2 * AuditChain::kValueBytes) return false;
  if (hex.find_first_not_of("0123456789abcdef") != absl::string_view::npos) return false;
  *bytes = absl::HexStringToBytes(hex);
  return true;
}

}  // namespace

std::string EncodeAuditEntry(const AuditEntry& entry) {
  Json json = {{"seq", entry.sequence}, {"time", absl::FormatTime(kTimeFormat, entry.time, absl::UTCTimeZone())}};
  Put("operation", entry.operation, &json);
  Put("phase", entry.phase, &json);
  Put("who", entry.who, &json);
  Put("role", entry.role, &json);
  Put("method", entry.method, &json);
  Put("organization", entry.organization, &json);
  Put("dataset", entry.dataset, &json);
  Put("code", entry.code, &json);
  if (entry.content) json["content"] = true;
  if (entry.contractor) json["contractor"] = true;
  if (!entry.counts.empty()) json["counts"] = entry.counts;
  Put("note", entry.note, &json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<AuditEntry> DecodeAuditEntry(absl::string_view text) {
  try {
    const Json json = Json::parse(text.begin(), text.end(), WholeNumbersOnly<Json>);
    AuditEntry entry;
    json.at("seq").get_to(entry.sequence);
    if (!absl::ParseTime(kTimeFormat, json.at("time").get<std::string>(), &entry.time, nullptr)) return Damaged();
    entry.operation = TextOf(json, "operation");
    entry.phase = TextOf(json, "phase");
    entry.who = TextOf(json, "who");
    entry.role = TextOf(json, "role");
    entry.method = TextOf(json, "method");
    entry.organization = TextOf(json, "organization");
    entry.dataset = TextOf(json, "dataset");
    entry.code = TextOf(json, "code");
    entry.content = json.value("content", false);
    entry.contractor = json.value("contractor", false);
    if (json.contains("counts")) json.at("counts").get_to(entry.counts);
    entry.note = TextOf(json, "note");
    return entry;
  } catch (const Json::exception&) {
    return Damaged();
  }
}

std::string AuditChain::Next(absl::string_view before, absl::string_view json) {
  const std::string input = absl::StrCat(before, json);
  std::string value(kValueBytes, '\0');
  SABUN_CHECK(EVP_Digest(input.data(), input.size(), reinterpret_cast<unsigned char*>(value.data()), nullptr,
                         EVP_sha256(), nullptr) == 1);
  return value;
}

std::string AuditChain::Mac(absl::string_view value) const {
  std::string mac(kValueBytes, '\0');
  unsigned int size = kValueBytes;
  SABUN_CHECK(HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
                   reinterpret_cast<const unsigned char*>(value.data()), value.size(),
                   reinterpret_cast<unsigned char*>(mac.data()), &size) != nullptr);
  return mac;
}

AuditLine AuditChain::Seal(absl::string_view before, std::string json) const {
  AuditLine line;
  line.chain = Next(before, json);
  line.mac = Mac(line.chain);
  line.json = std::move(json);
  return line;
}

std::string EncodeAuditLine(const AuditLine& line) {
  return absl::StrCat(line.json, "\t", absl::BytesToHexString(line.chain), "\t", absl::BytesToHexString(line.mac),
                      "\n");
}

absl::StatusOr<AuditLine> DecodeAuditLine(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '\t');
  AuditLine line;
  if (parts.size() != 3 || !FromHex(parts[1], &line.chain) || !FromHex(parts[2], &line.mac)) return Damaged();
  line.json = std::string(parts[0]);
  return line;
}

}  // namespace sabun
