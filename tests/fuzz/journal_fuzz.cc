// What was sent, as the journal notes it: any bytes of a note are DATA_LOSS or taken apart within their bounds; a
// segment that was cut or changed gives a beginning of its records or an error, never other records.
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/ledger/sent_journal.h"
#include "engine/store/journal.h"
#include "keys/key_ring.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/temp_directory.h"

namespace {

using namespace sabun;
using sabun::fuzz::FuzzInput;
using sabun::fuzz::Require;

void TakeNoteApart(const std::string& bytes) {
  const auto items = ListItems(bytes);
  Require(items.ok() || absl::IsDataLoss(items.status()), "another note is DATA_LOSS");
  if (!items.ok()) return;
  for (const NotedItem& item : *items) {
    Require(item.at + item.size <= bytes.size(), "an item lies in its note");
    const absl::string_view part = absl::string_view(bytes).substr(item.at, item.size);
    if (!item.sent) {
      const auto receipt = DecodeReceipt(part);
      Require(receipt.ok() || absl::IsDataLoss(receipt.status()), "another receipt is DATA_LOSS");
      Require(!receipt.ok() || receipt->key == item.key, "the receipt is of that record");
      continue;
    }
    const auto sent = DecodeSent(part);
    Require(sent.ok() || absl::IsDataLoss(sent.status()), "another item is DATA_LOSS");
    if (!sent.ok()) continue;
    const auto again = ListItems(EncodeNote(SentBatchNote{item.dataset, item.batch, item.newest_change_set, {*sent}}));
    Require(again.ok() && again->size() == 1 && again->front().key == item.key, "a note round trips");
  }
}

// A journal of three records that was made once; each input changes a copy of its bytes.
struct Sample {
  TempDirectory directory;
  JournalOptions options{directory.path() + "/j", KeyRing::OfOneKey(std::string(32, 'k'))};
  std::vector<std::string> records{"first", std::string(100, 'r'), ""};
  std::string path = options.directory + "/" + JournalSegmentName(1), bytes;

  Sample() {
    mkdir(options.directory.c_str(), 0700);
    const auto journal = Journal::Open(options);
    Require(journal.ok(), "a journal is made");
    for (const std::string& record : records) {
      Require((*journal)->Append(record, Durability::kLater).ok(), "a record is noted");
    }
    std::ifstream in(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
};

void ReadChangedSegment(FuzzInput* input) {
  static const auto* const sample = new Sample();
  std::string bytes = sample->bytes;
  while (!input->empty()) {
    const uint8_t choice = input->Byte() % 4;
    const size_t at = input->Byte() % (bytes.size() + 1);
    if (choice == 0 && at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ input->Byte());
    if (choice == 1) bytes.resize(at);
    if (choice == 2) bytes.insert(at, std::string(input->Piece(64)));
    if (choice == 3) bytes += sample->bytes.substr(std::min(at, sample->bytes.size()));
  }
  std::ofstream(sample->path, std::ios::binary | std::ios::trunc) << bytes;
  JournalReader reader(sample->options, 1);
  size_t seen = 0;
  const absl::Status status = reader.Visit([&](absl::string_view record, const JournalPlace& place) {
    Require(seen < sample->records.size() && record == sample->records[seen], "what was noted is read, in its order");
    ++seen;
    const auto again = reader.Read(place);
    Require(again.ok() && *again == record, "the same bytes again");
    return absl::OkStatus();
  });
  Require(status.ok() || absl::IsDataLoss(status) || absl::IsFailedPrecondition(status), "damage is told as damage");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput input(data, size);
  if (input.Byte() % 4 == 0) {
    ReadChangedSegment(&input);
  } else {
    TakeNoteApart(std::string(input.rest()));
  }
  return 0;
}
