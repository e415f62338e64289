// What the journal's records hold, and every way in which one can be cut.
#include "engine/ledger/sent_journal.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace sabun {
namespace {

Key128 SomeKey(char name) {
  Key128 key;
  key.bytes.fill(static_cast<unsigned char>(name));
  return key;
}

SentBatchNote SomeBatch() {
  SentBatchNote note{7, 300, 9, {}};
  note.items.push_back({SomeKey('a'), ChangeOp::kAdd, 0, "content", std::nullopt});
  note.items.push_back({SomeKey('b'), ChangeOp::kDelete, 5, "old", "new"});
  return note;
}

TEST(SentNote, RoundTrips) {
  const std::string bytes = EncodeNote(SomeBatch());
  const auto items = ListItems(bytes);
  ASSERT_TRUE(items.ok());
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[1].dataset, 7u);
  EXPECT_EQ((*items)[1].batch, 300u);
  EXPECT_EQ((*items)[1].newest_change_set, 9u);
  EXPECT_TRUE((*items)[1].sent);
  const auto sent = DecodeSent(absl::string_view(bytes).substr((*items)[1].at, (*items)[1].size));
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ(sent->key, SomeKey('b'));
  EXPECT_EQ(sent->op, ChangeOp::kDelete);
  EXPECT_EQ(sent->base, 5u);
  EXPECT_EQ(sent->content, "old");
  EXPECT_EQ(sent->wanted, "new");
}

TEST(ReceiptNote, RoundTrips) {
  const std::string bytes = EncodeNote(ReceiptsNote{7, 300, {{SomeKey('a'), false, "E1", "text"}}});
  const auto items = ListItems(bytes);
  ASSERT_TRUE(items.ok());
  EXPECT_FALSE((*items)[0].sent);
  const auto receipt = DecodeReceipt(absl::string_view(bytes).substr((*items)[0].at, (*items)[0].size));
  ASSERT_TRUE(receipt.ok());
  EXPECT_FALSE(receipt->accepted);
  EXPECT_EQ(receipt->code + receipt->message, "E1text");
}

TEST(SentNote, EveryCutIsDataLossOrFewerItems) {
  const std::string bytes = EncodeNote(SomeBatch());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto items = ListItems(absl::string_view(bytes).substr(0, size));
    EXPECT_TRUE(!items.ok() || items->size() < 2) << size;
  }
  const NotedItem item = (*ListItems(bytes))[0];
  for (size_t size = 0; size < item.size; ++size) {
    EXPECT_EQ(DecodeSent(absl::string_view(bytes).substr(item.at, size)).status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(ListItems("X\1\1\1").ok());
  EXPECT_FALSE(DecodeReceipt("short").ok());
}

TEST(SentNote, GoldenBytes) {
  SentBatchNote note{1, 2, 3, {}};
  note.items.push_back({SomeKey('\xBB'), ChangeOp::kUpdate, 1, "c", std::nullopt});
  EXPECT_EQ(absl::BytesToHexString(EncodeNote(note)),
            "53010203"
            "1b" +
                std::string(32, 'b') +
                "02"
                "0000000000000001"
                "0163");
}

TEST(BaseOf, TellsNothingFromTheEmptyContent) {
  EXPECT_EQ(BaseOf(std::nullopt), 0u);
  EXPECT_NE(BaseOf(""), 0u);
  EXPECT_NE(BaseOf("a"), BaseOf("b"));
}

}  // namespace
}  // namespace sabun
