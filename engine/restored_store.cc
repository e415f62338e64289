#include "engine/restored_store.h"

#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "engine/base/disk_file.h"
#include "engine/base/status_macros.h"
#include "engine/base/whole_numbers.h"

namespace sabun {
namespace {

std::string NotePath(const std::string& data_directory) { return data_directory + "/restored.json"; }

}  // namespace

absl::StatusOr<std::optional<RestoreNote>> ReadRestoreNote(const std::string& data_directory,
                                                           const JournalOptions& journal) {
  const std::string path = NotePath(data_directory);
  ASSIGN_OR_RETURN(const bool is_unfinished, FileExists(data_directory + "/restoring"));
  if (is_unfinished) {
    return absl::FailedPreconditionError(
        absl::StrCat("a restore into ", data_directory, " was not finished: run it again"));
  }
  ASSIGN_OR_RETURN(const bool is_restored, FileExists(path));
  if (!is_restored) return std::optional<RestoreNote>();
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  // nlohmann reports by exception; it ends here.
  try {
    const nlohmann::json json = nlohmann::json::parse(bytes, WholeNumbersOnly<nlohmann::json>);
    RestoreNote note;
    json.at("restore").get_to(note.id);
    json.at("backup").get_to(note.backup);
    json.at("journal_segment").get_to(note.journal_segment);
    note.journal = journal;
    if (!note.id.empty()) return std::optional<RestoreNote>(std::move(note));
  } catch (const nlohmann::json::exception&) {
  }
  return absl::DataLossError(absl::StrCat(path, " is damaged: restore the backup once more"));
}

absl::Status EraseRestoreNote(const std::string& data_directory) {
  const std::string path = NotePath(data_directory);
  if (unlink(path.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot erase ", path));
}

}  // namespace sabun
