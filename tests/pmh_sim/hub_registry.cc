#include "tests/pmh_sim/hub_registry.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTasks = 100000;

std::string TextAt(const simdjson::dom::element& element, std::string_view member) {
  std::string_view text;
  return element[member].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

absl::Status FileError(absl::string_view doing, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(doing, " ", path, ": ", std::strerror(errno)));
}

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("writing", path);
    bytes.remove_prefix(written);
  }
  return ::fdatasync(fd) == 0 ? absl::OkStatus() : FileError("syncing", path);
}

}  // namespace

// The unit separator cannot occur in a checked key part.
RegistryElement::RegistryElement(const simdjson::dom::element& element)
    : key(absl::StrCat(TextAt(element, "orgSpecificCertificateTypeId"), "\x1f", TextAt(element, "historyKey"))),
      my_number(TextAt(element, "myNumber")),
      json(simdjson::to_string(element)),
      deleted(element["isDeleted"].get_bool().value_unsafe()) {}

HubRegistry::~HubRegistry() {
  if (fd_ >= 0) ::close(fd_);
}

absl::StatusOr<std::unique_ptr<HubRegistry>> HubRegistry::Open(const std::string& path) {
  auto registry = absl::WrapUnique(new HubRegistry);
  if (path.empty()) return registry;
  registry->path_ = path;
  registry->fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (registry->fd_ < 0) return FileError("opening", path);
  const absl::Status loaded = registry->Load();
  if (!loaded.ok()) return loaded;
  registry->counts_ = RegistryCounts();
  return registry;
}

absl::Status HubRegistry::Load() {
  std::string rest;
  std::vector<char> block(1 << 20);
  off_t good = 0;
  std::uint64_t line_number = 0;
  for (;;) {
    const ssize_t count = ::read(fd_, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("reading", path_);
    if (count == 0) break;
    rest.append(block.data(), count);
    std::size_t begin = 0;
    for (std::size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
      ++line_number;
      const absl::Status replayed = Replay(absl::string_view(rest).substr(begin, end - begin));
      if (!replayed.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(path_, ":", line_number, ": ", replayed.message()));
      }
    }
    good += static_cast<off_t>(begin);
    rest.erase(0, begin);
  }
  // A process that was killed while it wrote leaves a last line without its end; nobody got an answer for it.
  if (::ftruncate(fd_, good) != 0 || ::lseek(fd_, good, SEEK_SET) < 0) return FileError("truncating", path_);
  return absl::OkStatus();
}

absl::Status HubRegistry::Replay(absl::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::object entry;
  if (parser.parse(line.data(), line.size()).get(entry) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("not an entry of a journal");
  }
  simdjson::dom::array records;
  if (entry["records"].get(records) == simdjson::SUCCESS) {
    for (const simdjson::dom::element record : records) {
      if (CheckShape(record) || CheckContent(record)) return absl::InvalidArgumentError("not a record of the hub");
      Apply(RegistryElement(record));
    }
  }
  unwritten_.clear();
  std::string_view task, answer;
  if (entry["task"].get(task) == simdjson::SUCCESS && entry["answer"].get(answer) == simdjson::SUCCESS) {
    KeepTask(std::string(task), std::string(answer));
  }
  return absl::OkStatus();
}

ElementVerdict HubRegistry::Apply(RegistryElement element) {
  const auto found = records_.find(element.key);
  const auto refuse = [&](const char* code, const char* message) {
    ++counts_.rejected;
    return BrokenRule{code, message};
  };
  if (element.deleted && found == records_.end()) {
    ++counts_.absent;
    return refuse("E2001", "the record is not registered");
  }
  if (found != records_.end() && found->second.my_number != element.my_number) {
    if (element.deleted) return refuse("E2003", "the record is registered under another myNumber");
    return refuse("E2002", "the record is registered under another myNumber: delete it first");
  }
  if (!path_.empty()) absl::StrAppend(&unwritten_, unwritten_.empty() ? "" : ",", element.json);
  if (element.deleted) {
    records_.erase(found);
    ++counts_.deleted;
  } else if (found == records_.end()) {
    records_.emplace(std::move(element.key), Held{std::move(element.my_number), std::move(element.json)});
    ++counts_.added;
  } else {
    ++(found->second.json == element.json ? counts_.unchanged : counts_.updated);
    found->second.json = std::move(element.json);
  }
  return std::nullopt;
}

absl::Status HubRegistry::Commit(const std::string& task_id, const std::string& answer) {
  KeepTask(task_id, answer);
  if (path_.empty()) return absl::OkStatus();
  const std::string line = absl::StrCat(R"({"task":)", json(task_id).dump(), R"(,"answer":)", json(answer).dump(),
                                        R"(,"records":[)", unwritten_, "]}\n");
  unwritten_.clear();
  return WriteAll(fd_, line, path_);
}

void HubRegistry::KeepTask(const std::string& task_id, const std::string& answer) {
  if (tasks_.emplace(task_id, answer).second) task_order_.push_back(task_id);
  if (task_order_.size() <= 2 * kMaxTasks) return;
  for (std::size_t i = 0; i < kMaxTasks; ++i) tasks_.erase(task_order_[i]);
  task_order_.erase(task_order_.begin(), task_order_.begin() + kMaxTasks);
}

const std::string* HubRegistry::FindTask(const std::string& task_id) const {
  const auto found = tasks_.find(task_id);
  return found == tasks_.end() ? nullptr : &found->second;
}

void HubRegistry::ForgetTask(const std::string& task_id) { tasks_.erase(task_id); }

absl::Status HubRegistry::LoseRecords(std::uint64_t count) {
  std::vector<std::string> lost;
  const std::uint64_t step = count == 0 ? 1 : std::max<std::uint64_t>(records_.size() / count, 1);
  std::uint64_t place = 0;
  for (const auto& [key, held] : records_) {
    if (place++ % step == 0 && lost.size() < count) lost.push_back(held.json);
  }
  simdjson::dom::parser parser;
  for (const std::string& text : lost) {
    json record = json::parse(text);
    record["isDeleted"] = true;
    const std::string deletion = record.dump();
    Apply(RegistryElement(parser.parse(deletion).value_unsafe()));
    --counts_.deleted;
  }
  return lost.empty() ? absl::OkStatus() : Commit(absl::StrCat("lost-", task_order_.size()), "{}");
}

std::vector<std::string> HubRegistry::Page(std::string& after, std::size_t limit) const {
  std::vector<std::string> page;
  for (auto it = records_.upper_bound(after); it != records_.end() && page.size() < limit; ++it) {
    page.push_back(it->second.json);
    after = it->first;
  }
  return page;
}

absl::Status HubRegistry::Reset() {
  records_.clear();
  tasks_.clear();
  task_order_.clear();
  unwritten_.clear();
  counts_ = RegistryCounts();
  if (path_.empty()) return absl::OkStatus();
  if (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) < 0) return FileError("truncating", path_);
  return ::fdatasync(fd_) == 0 ? absl::OkStatus() : FileError("syncing", path_);
}

}  // namespace sabun
