#include "keys/ring_format.h"

#include <openssl/crypto.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/coded_error.h"
#include "keys/cipher.h"

namespace sabun {
namespace {

constexpr absl::string_view kMagic = "SABUNR01";
constexpr size_t kIdBytes = 8, kCodeBytes = 32, kSealedKeyBytes = 12 + kKeyBytes + 16;
// Finds damage without the key, so that a wrong key is told from it.
constexpr absl::string_view kPlainCode = "sabun key ring 1";

std::string IdBytes(absl::string_view key) { return KeyedDigest(key, "sabun key id 1").substr(0, kIdBytes); }

// A wrapped key opens only under its own key, epoch and use.
std::string Place(absl::string_view use, absl::string_view key, uint32_t epoch) {
  std::string place = absl::StrCat("sabun ", use, " 1 ", IdBytes(key));
  AppendBig32(epoch, &place);
  return place;
}

absl::Status Damaged(const std::string& path) {
  return CodedError(absl::StatusCode::kDataLoss,
                    {"KEY-RING-DAMAGED",
                     absl::StrCat("the key ring ", path,
                                  " is damaged, or was cut. Put its copy in its place: keyring.copy beside it, or the "
                                  "file keyring of the newest backup folder. Do not begin anew: without the ring the "
                                  "data cannot be read."),
                     absl::StrCat("鍵束 ", path,
                                  " が壊れています。同じ場所の keyring.copy か、最新のバックアップ先にある keyring "
                                  "を複写して戻してください。鍵束がなければデータは読めません。")});
}

absl::Status WrongKey(const RingLabel& label, absl::string_view key, const std::string& path) {
  return CodedError(
      absl::StatusCode::kFailedPrecondition,
      {"KEY-WRONG",
       absl::StrCat("the key ring ", path, " is under the key ", label.key_id, ", the key that was given is ",
                    KeyId(key),
                    ". Give the right one (--key-file, --key-share, --key-command). If the ring was rewrapped, it is "
                    "the new one; an old copy of the ring needs the old one."),
       absl::StrCat("鍵束 ", path, " は鍵 ", label.key_id, " で保護されていますが、指定された鍵は ", KeyId(key),
                    " です。正しい鍵を --key-file、--key-share または --key-command で指定してください。鍵を交換した後"
                    "なら新しい鍵、交換前の鍵束の複写なら古い鍵が必要です。")});
}

bool TakeBytes(absl::string_view* in, size_t size, absl::string_view* out) {
  if (in->size() < size) return false;
  *out = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

bool Take32(absl::string_view* in, uint32_t* value) {
  absl::string_view bytes;
  if (!TakeBytes(in, 4, &bytes)) return false;
  *value = LoadBig32(bytes.data());
  return true;
}

bool Take64(absl::string_view* in, uint64_t* value) {
  absl::string_view bytes;
  if (!TakeBytes(in, 8, &bytes)) return false;
  *value = LoadBig64(bytes.data());
  return true;
}

// What lies between the label and the codes.
bool TakeContents(absl::string_view in, absl::string_view key, RingContents* contents) {
  absl::string_view sealed;
  uint32_t count = 0;
  if (!Take32(&in, &contents->next_epoch) || !TakeBytes(&in, kSealedKeyBytes, &sealed)) return false;
  auto lasting = Unseal(key, Place("lasting key", key, 0), sealed);
  if (!lasting || !Take32(&in, &count)) return false;
  contents->lasting_key = SecretBytes::TakeFrom(&*lasting);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t number = 0;
    uint64_t begun_at = 0;
    if (!Take32(&in, &number) || !Take64(&in, &begun_at) || !TakeBytes(&in, kSealedKeyBytes, &sealed)) return false;
    auto opened = Unseal(key, Place("epoch key", key, number), sealed);
    if (!opened) return false;
    contents->epochs[number] = {SecretBytes::TakeFrom(&*opened), static_cast<int64_t>(begun_at)};
  }
  if (!Take32(&in, &count)) return false;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t size = 0;
    absl::string_view path;
    if (!Take32(&in, &size) || !TakeBytes(&in, size, &path)) return false;
    contents->copies.emplace_back(path);
  }
  return in.empty() && !contents->epochs.empty();
}

}  // namespace

std::string KeyId(absl::string_view key) { return absl::BytesToHexString(IdBytes(key)); }

std::string EncodeRing(const RingContents& contents, absl::string_view key) {
  std::string out = absl::StrCat(kMagic, IdBytes(key));
  AppendBig64(contents.sequence, &out);
  AppendBig32(contents.next_epoch, &out);
  out += Seal(key, Place("lasting key", key, 0), contents.lasting_key.view());
  AppendBig32(static_cast<uint32_t>(contents.epochs.size()), &out);
  for (const auto& [number, epoch] : contents.epochs) {
    AppendBig32(number, &out);
    AppendBig64(static_cast<uint64_t>(epoch.begun_at), &out);
    out += Seal(key, Place("epoch key", key, number), epoch.key.view());
  }
  AppendBig32(static_cast<uint32_t>(contents.copies.size()), &out);
  for (const std::string& path : contents.copies) {
    AppendBig32(static_cast<uint32_t>(path.size()), &out);
    out += path;
  }
  out += KeyedDigest(KeyedDigest(key, "sabun key ring code 1"), out);
  return out + KeyedDigest(kPlainCode, out);
}

absl::StatusOr<RingLabel> ReadRingLabel(absl::string_view bytes, const std::string& path) {
  absl::string_view id;
  RingLabel label;
  const bool whole =
      bytes.size() > kMagic.size() + kIdBytes + 8 + 2 * kCodeBytes && bytes.substr(0, kMagic.size()) == kMagic &&
      KeyedDigest(kPlainCode, bytes.substr(0, bytes.size() - kCodeBytes)) == bytes.substr(bytes.size() - kCodeBytes);
  if (!whole) return Damaged(path);
  bytes.remove_prefix(kMagic.size());
  TakeBytes(&bytes, kIdBytes, &id);
  Take64(&bytes, &label.sequence);
  label.key_id = absl::BytesToHexString(id);
  return label;
}

absl::StatusOr<RingContents> DecodeRing(absl::string_view bytes, absl::string_view key, const std::string& path) {
  const absl::StatusOr<RingLabel> label = ReadRingLabel(bytes, path);
  if (!label.ok()) return label.status();
  if (label->key_id != KeyId(key)) return WrongKey(*label, key, path);
  const absl::string_view coded = bytes.substr(0, bytes.size() - 2 * kCodeBytes);
  const std::string code = KeyedDigest(KeyedDigest(key, "sabun key ring code 1"), coded);
  if (CRYPTO_memcmp(code.data(), bytes.data() + coded.size(), kCodeBytes) != 0) return Damaged(path);
  RingContents contents;
  contents.sequence = label->sequence;
  if (!TakeContents(coded.substr(kMagic.size() + kIdBytes + 8), key, &contents)) return Damaged(path);
  return contents;
}

}  // namespace sabun
