#include "engine/store/witness.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/coded_error.h"

namespace sabun {
namespace {

// Before and after the store has frames only. An older version takes the second for damage, and refuses.
constexpr absl::string_view kMagic = "SABUNW01", kMagicOfFrames = "SABUNW02";
constexpr size_t kMarkBytes = kStoreIdBytes + 8;
constexpr size_t kMacBytes = 32;

std::string Mac(absl::string_view key, absl::string_view bytes) {
  std::string mac(kMacBytes, '\0');
  unsigned int size = 0;
  SABUN_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                   reinterpret_cast<unsigned char*>(mac.data()), &size) != nullptr &&
              size == kMacBytes);
  return mac;
}

std::optional<Witnessed> DecodeSlot(absl::string_view mac_key, absl::string_view slot) {
  if (slot.size() != kWitnessSlotBytes) return std::nullopt;
  const absl::string_view magic = slot.substr(0, kMagic.size());
  if (magic != kMagic && magic != kMagicOfFrames) return std::nullopt;
  const absl::string_view covered = slot.substr(0, kMagic.size() + kMarkBytes);
  if (CRYPTO_memcmp(Mac(mac_key, covered).data(), slot.data() + covered.size(), kMacBytes) != 0) return std::nullopt;
  return Witnessed{*DecodeMark(covered.substr(kMagic.size())), magic == kMagicOfFrames};
}

absl::Status Refused(const CodedText& text) { return CodedError(absl::StatusCode::kDataLoss, text); }

constexpr absl::string_view kAccept =
    " Only when neither can be found: `sabund --accept-store-as-it-is` takes the store as it is.";
constexpr absl::string_view kAcceptJa =
    "どちらも見つからないときに限り、`sabund --accept-store-as-it-is` で現状のまま受け入れます。";

absl::Status Behind(const WitnessFindings& found) {
  const uint64_t stored = found.stored ? found.stored->number : 0;
  const uint64_t missing = found.witnessed->number - stored;
  const std::string what = found.store_exists ? "the store" : "an empty directory";
  return Refused(
      {"WITNESS-BEHIND",
       absl::StrCat(found.data, " lacks the last ", missing, " synced commits (it has ", stored, ", the witness ",
                    found.witness, " has seen ", found.witnessed->number, "); it is ", what,
                    " of an earlier time or has lost files. Nothing was changed. Put back the newest data "
                    "directory, or the lost files, and start again.",
                    std::string(kAccept)),
       absl::StrCat(found.data, " は同期済みコミットの最後の ", missing, " 件を欠いています（保存 ", stored, "、証人 ",
                    found.witness, " の記録 ", found.witnessed->number,
                    "）。古い複製か、ファイルの喪失です。何も変更していません。最新のデータディレクトリまたは"
                    "失われたファイルを戻して再起動してください。",
                    std::string(kAcceptJa))});
}

absl::Status Missing(const WitnessFindings& found) {
  return Refused(
      {"WITNESS-MISSING",
       absl::StrCat("the witness ", found.witness, " is missing, so nobody can say whether ", found.data,
                    " is complete (it has ", found.stored->number,
                    " synced commits). Put the witness back (or name it with --witness) and start again.",
                    std::string(kAccept)),
       absl::StrCat("証人ファイル ", found.witness, " がないため、", found.data, " が完全か判断できません（保存 ",
                    found.stored->number, " 件）。証人ファイルを戻すか --witness で指定して再起動してください。",
                    std::string(kAcceptJa))});
}

absl::Status Other(const WitnessFindings& found) {
  return Refused(
      {"WITNESS-OTHER-STORE",
       absl::StrCat("the witness ", found.witness, " belongs to another store than ", found.data,
                    ". Start with the witness (or the data directory) that belongs here.", std::string(kAccept)),
       absl::StrCat("証人ファイル ", found.witness, " は ", found.data,
                    " とは別のストアのものです。対応する証人ファイル（またはデータディレクトリ）で起動して"
                    "ください。",
                    std::string(kAcceptJa))});
}

absl::Status Damaged(const WitnessFindings& found) {
  return Refused(
      {"WITNESS-DAMAGED",
       absl::StrCat("the witness ", found.witness,
                    " is damaged or was made with another key, so nobody can "
                    "say whether ",
                    found.data, " is complete. Put back the witness or the right key.", std::string(kAccept)),
       absl::StrCat("証人ファイル ", found.witness, " が壊れているか別の鍵のものです。", found.data,
                    " が完全か判断できません。証人ファイルまたは正しい鍵を戻してください。", std::string(kAcceptJa))});
}

}  // namespace

std::string EncodeMark(const Mark& mark) {
  SABUN_CHECK(mark.store_id.size() == kStoreIdBytes);
  std::string bytes = mark.store_id;
  AppendBig64(mark.number, &bytes);
  return bytes;
}

std::optional<Mark> DecodeMark(absl::string_view bytes) {
  if (bytes.size() != kMarkBytes) return std::nullopt;
  return Mark{std::string(bytes.substr(0, kStoreIdBytes)), LoadBig64(bytes.data() + kStoreIdBytes)};
}

std::string EncodeCommitRow(const CommitRow& row) {
  std::string bytes = EncodeMark(row.mark);
  AppendBig64(row.commits, &bytes);
  return bytes;
}

std::optional<CommitRow> DecodeCommitRow(absl::string_view bytes) {
  if (bytes.size() != kMarkBytes + 8) return std::nullopt;
  return CommitRow{*DecodeMark(bytes.substr(0, kMarkBytes)), LoadBig64(bytes.data() + kMarkBytes)};
}

std::string EncodeWitnessSlot(absl::string_view mac_key, const Witnessed& witnessed) {
  std::string slot = absl::StrCat(witnessed.only_frames ? kMagicOfFrames : kMagic, EncodeMark(witnessed.mark));
  slot += Mac(mac_key, slot);
  slot.resize(kWitnessSlotBytes, '\0');
  return slot;
}

std::optional<Witnessed> DecodeWitness(absl::string_view mac_key, absl::string_view file) {
  std::optional<Witnessed> newest;
  for (size_t at = 0; at < kWitnessBytes && at < file.size(); at += kWitnessSlotBytes) {
    const std::optional<Witnessed> slot = DecodeSlot(mac_key, file.substr(at, kWitnessSlotBytes));
    if (slot && (!newest || slot->mark.number > newest->mark.number)) newest = slot;
  }
  return newest;
}

absl::Status CompareWithWitness(const WitnessFindings& found) {
  if (!found.witness_exists) return found.stored ? Missing(found) : absl::OkStatus();
  if (!found.witnessed) return Damaged(found);
  if (found.stored && found.stored->store_id != found.witnessed->store_id) return Other(found);
  const uint64_t stored = found.stored ? found.stored->number : 0;
  return stored < found.witnessed->number ? Behind(found) : absl::OkStatus();
}

}  // namespace sabun
