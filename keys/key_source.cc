#include "keys/key_source.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/coded_error.h"
#include "engine/base/disk_file.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "keys/cipher.h"

namespace sabun {
namespace {

constexpr size_t kMostBytes = 4096;

// Wipes the bytes.
absl::StatusOr<SecretBytes> ParseKey(std::string read, const std::string& from) {
  const SecretBytes bytes = SecretBytes::TakeFrom(&read);
  if (bytes.size() == kKeyBytes) return bytes;
  const absl::string_view hex = absl::StripAsciiWhitespace(bytes.view());
  const bool is_hex =
      hex.size() == 2 * kKeyBytes && hex.find_first_not_of("0123456789abcdefABCDEF") == absl::string_view::npos;
  if (is_hex) {
    std::string key = absl::HexStringToBytes(hex);
    return SecretBytes::TakeFrom(&key);
  }
  return CodedError(absl::StatusCode::kInvalidArgument,
                    {"KEY-FORMAT", absl::StrCat(from, " must hold a key: 32 bytes, or 64 hex digits."),
                     absl::StrCat(from, " に鍵(32バイト、または16進64桁)がありません。")});
}

absl::StatusOr<SecretBytes> RunCommand(const std::string& command) {
  FILE* const out = popen(command.c_str(), "re");
  std::string bytes(kMostBytes, '\0');
  bytes.resize(out == nullptr ? 0 : fread(bytes.data(), 1, bytes.size(), out));
  const int ended = out == nullptr ? -1 : pclose(out);
  if (ended == 0) return ParseKey(std::move(bytes), "what --key-command printed");
  return CodedError(absl::StatusCode::kUnavailable,
                    {"KEY-COMMAND-FAILED",
                     absl::StrCat("the command that fetches the key (key-command) failed with status ",
                                  WIFEXITED(ended) ? WEXITSTATUS(ended) : -1,
                                  ". Run it by hand as the engine's user; nothing was changed."),
                     "鍵を取得するコマンド(key-command)が失敗しました。エンジンの利用者で手動実行して確認してください。"
                     "何も変更していません。"});
}

}  // namespace

SecretBytes NewKey() {
  std::string key = RandomBytes(kKeyBytes);
  return SecretBytes::TakeFrom(&key);
}

SecretBytes ExclusiveOr(absl::string_view a, absl::string_view b) {
  SABUN_CHECK(a.size() == b.size());
  std::string out(a);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ b[i]);
  return SecretBytes::TakeFrom(&out);
}

absl::StatusOr<SecretBytes> ReadKeyFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(kMostBytes, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(in.gcount()));
  if (!in.bad() && (in.eof() || !bytes.empty())) return ParseKey(std::move(bytes), path);
  return CodedError(
      absl::StatusCode::kNotFound,
      {"KEY-MISSING",
       absl::StrCat("cannot read the key file ", path,
                    ". Without the key the data cannot be read. Put the key back from where it is kept, or "
                    "name it with --key-file; nothing was changed."),
       absl::StrCat("鍵ファイル ", path,
                    " を読めません。鍵がなければデータは読めません。保管先から鍵を戻すか、--key-file "
                    "で場所を指定してください。何も変更していません。")});
}

absl::StatusOr<SecretBytes> FetchKey(const KeySource& source) {
  const int ways = !source.file.empty() + !source.credential.empty() + !source.shares.empty() + !source.command.empty();
  if (ways != 1 || (!source.shares.empty() && source.shares.size() != 2)) {
    return CodedError(
        absl::StatusCode::kInvalidArgument,
        {"KEY-SOURCE", "give the key in one way: --key-file, --key-credential, two --key-share, or key-command.",
         "鍵の指定は --key-file、--key-credential、--key-share(2つ)、key-command のどれか一つです。"});
  }
  if (!source.file.empty()) return ReadKeyFile(source.file);
  if (!source.command.empty()) return RunCommand(source.command);
  if (!source.credential.empty()) {
    const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
    return ReadKeyFile(absl::StrCat(folder == nullptr ? "$CREDENTIALS_DIRECTORY" : folder, "/", source.credential));
  }
  ASSIGN_OR_RETURN(const SecretBytes one, ReadKeyFile(source.shares[0]));
  ASSIGN_OR_RETURN(const SecretBytes other, ReadKeyFile(source.shares[1]));
  return ExclusiveOr(one.view(), other.view());
}

absl::Status WriteKeyFile(const std::string& path, absl::string_view key) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    return CodedError(absl::StatusCode::kAlreadyExists,
                      {"KEY-FILE-EXISTS", absl::StrCat(path, " exists; a key is never overwritten."),
                       absl::StrCat(path, " は既にあります。鍵は上書きしません。")});
  }
  std::string hex = absl::BytesToHexString(key) + "\n";
  const bool written = file >= 0 && WriteAll(file, hex) && fsync(file) == 0;
  const std::string why = std::strerror(errno);
  Wipe(&hex);
  if (file >= 0) close(file);
  // A key whose name a power loss takes away is a lost key.
  if (written && SyncFolderOf(path).ok()) return absl::OkStatus();
  // It would be in the way for ever, because none is overwritten.
  if (file >= 0) unlink(path.c_str());
  return CodedError(absl::StatusCode::kUnavailable,
                    {"KEY-FILE-WRITE", absl::StrCat("cannot write ", path, " or its folder: ", why),
                     absl::StrCat(path, " またはそのフォルダーに書き込めません: ", why)});
}

}  // namespace sabun
