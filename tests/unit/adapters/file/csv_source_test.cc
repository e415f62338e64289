#include "adapters/file/csv_source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "adapters/client/packing.h"
#include "tests/unit/adapters/file/temporary_file.h"

namespace sabun::file {
namespace {

using std::string_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CsvSourceTest : public ::testing::Test {
 protected:
  CsvSourceTest() {
    for (const char* name : {"type", "key", "name"}) {
      v1::Field field;
      field.set_name(name);
      shape_.fields.push_back(field);
      *begun_.add_fields() = field;
    }
    shape_.key_fields = {0, 1};
    for (const uint32_t field : shape_.key_fields) begun_.add_key_fields(field);
    begun_.set_key_secret(std::string(32, 'k'));
    begun_.set_fingerprint_secret(std::string(32, 'f'));
    begun_.set_key_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
    begun_.set_fingerprint_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
  }

  absl::Status Open(absl::string_view content) {
    file_ = std::make_unique<TemporaryFile>(content);
    options_.path = file_->path();
    absl::StatusOr<std::unique_ptr<CsvSource>> source = CsvSource::Open(options_, shape_);
    if (!source.ok()) return source.status();
    source_ = *std::move(source);
    return source_->Start(begun_);
  }
  // Reads the whole first pass of `content` into entries_.
  absl::Status Read(absl::string_view content) {
    const absl::Status status = Open(content);
    return status.ok() ? ReadAll() : status;
  }
  absl::Status ReadAll() {
    absl::Status status;
    entries_.Clear();
    while (status.ok()) {
      v1::Fingerprints message;
      status = source_->ReadEntries(&message);
      if (message.entries().empty()) break;
      entries_.mutable_entries()->append(message.entries());
      entries_.mutable_rows()->append(message.rows());
      entries_.mutable_errors()->MergeFrom(message.errors());
      entries_.mutable_unreadable()->MergeFrom(message.unreadable());
      entries_.mutable_deletes()->MergeFrom(message.deletes());
    }
    return status;
  }
  std::string CodeOf(absl::string_view content) {
    const absl::Status status = Read(content);
    return status.ok() ? "OK" : client::Tell(status).code;
  }
  size_t Rows() const { return entries_.entries().size() / 32; }
  std::string Entry(size_t row) const { return entries_.entries().substr(row * 32, 32); }
  std::string Key(size_t row) const { return Entry(row).substr(0, 16); }
  std::string Fingerprint(size_t row) const { return Entry(row).substr(16); }
  std::vector<std::string> Unreadable() const {
    std::vector<std::string> all;
    for (const v1::RowError& error : entries_.unreadable())
      all.push_back(absl::StrCat(error.ordinal(), " ", error.code()));
    return all;
  }
  // "ordinal:value,value,value" of each row that was asked for, or "ordinal!code field".
  std::vector<std::string> Records(std::vector<uint64_t> ordinals) {
    v1::Records message;
    EXPECT_EQ(*source_->ReadRows(ordinals, &message), ordinals.size());
    std::vector<std::string> all;
    absl::string_view rows = message.rows();
    uint64_t ordinal = 0;
    std::vector<absl::string_view> values;
    while (client::TakeVarint(&rows, &ordinal) && client::TakePackedFields(&rows, 3, &values)) {
      all.push_back(absl::StrCat(ordinal, ":", values[0], ",", values[1], ",", values[2]));
    }
    for (const v1::RowError& e : message.errors())
      all.push_back(absl::StrCat(e.ordinal(), "!", e.code(), " ", e.field()));
    return all;
  }

  RecordShape shape_;
  v1::Begun begun_;
  CsvOptions options_;
  std::unique_ptr<TemporaryFile> file_;
  std::unique_ptr<CsvSource> source_;
  v1::Fingerprints entries_;
};

TEST_F(CsvSourceTest, FingerprintIsOfTheRawLineAndKeyOfTheKeyInput) {
  ASSERT_TRUE(Read("type,key,name\r\nA, 1 ,x\r\n\"A\",1,x\r\n").ok());
  const auto hash = client::KeyedHash::Create(v1::FINGERPRINT_SCHEME_XXH3_128, std::string(32, 'f'));
  const client::Hash128 fingerprint = (*hash)("A, 1 ,x");
  EXPECT_EQ(Fingerprint(0), std::string(fingerprint.data(), 16));
  EXPECT_EQ(Key(0), Key(1));
  EXPECT_NE(Fingerprint(0), Fingerprint(1));
}

TEST_F(CsvSourceTest, KeyIsTheSameInBothEncodings) {
  ASSERT_TRUE(Read("type,key,name\n愛,知,x\n").ok());
  const std::string utf8 = Key(0);
  options_.encoding = Encoding::kCp932;
  ASSERT_TRUE(Read("type,key,name\n\x88\xA4,\x92\x6D,x\n").ok());
  EXPECT_EQ(Key(0), utf8);
}

TEST_F(CsvSourceTest, RowsThatCannotBeTrustedAreUnreadable) {
  ASSERT_TRUE(Read("type,key,name\nA,1\nA,2,x,y\n\"A\"b,3,x\n,4,x\nA,5\0,x\nA,\xFF,x\nA,7,x\n"s).ok());
  EXPECT_THAT(Unreadable(), ElementsAre("0 ROW-MALFORMED", "1 ROW-MALFORMED", "2 ROW-MALFORMED", "3 KEY-UNREADABLE",
                                        "4 KEY-UNREADABLE", "5 KEY-UNREADABLE"));
  EXPECT_EQ(Key(4), std::string(16, '\0'));
  EXPECT_NE(Key(6), std::string(16, '\0'));
}

TEST_F(CsvSourceTest, RowsAreFoundAgainAsFields) {
  ASSERT_TRUE(Read("name,type,key\n\"say \"\"a\"\",\nb\",A,1\n,A,2\nz,A,3\n").ok());
  EXPECT_THAT(Records({0, 2}), ElementsAre("0:A,1,say \"a\",\nb", "2:A,3,z"));
  EXPECT_EQ(source_->LineOf(2), 5);
}

TEST_F(CsvSourceTest, FieldThatCannotBeDecodedIsNamed) {
  ASSERT_TRUE(Read("type,key,name\nA,1,\xE3\x81\nA,2,a\0b\nA,3,c\n"s).ok());
  EXPECT_THAT(Unreadable(), IsEmpty());
  EXPECT_THAT(Records({0, 1, 2}), ElementsAre("2:A,3,c", "0!FIELD-ENCODING name", "1!FIELD-ENCODING name"));
}

TEST_F(CsvSourceTest, PassMayBeStartedAgain) {
  ASSERT_TRUE(Read("type,key,name\nA,1,x\nA,2,y\n").ok());
  ASSERT_TRUE(source_->Start(begun_).ok());
  v1::Fingerprints again;
  ASSERT_TRUE(source_->ReadEntries(&again).ok());
  EXPECT_EQ(again.entries(), entries_.entries());
}

TEST_F(CsvSourceTest, MessagesHoldAtMost32768Rows) {
  std::string content = "type,key,name\n";
  for (int i = 0; i < 40'000; ++i) absl::StrAppend(&content, "A,", i, ",x\n");
  ASSERT_TRUE(Open(content).ok());
  v1::Fingerprints message;
  ASSERT_TRUE(source_->ReadEntries(&message).ok());
  EXPECT_EQ(message.entries().size(), 32'768 * 32);
}

TEST_F(CsvSourceTest, MessagesOfNothingButErrorsStayShort) {
  std::string content = "type,key,name\n";
  for (int i = 0; i < 40'000; ++i) content += "A\n";
  ASSERT_TRUE(Open(content).ok());
  v1::Fingerprints message;
  ASSERT_TRUE(source_->ReadEntries(&message).ok());
  EXPECT_LT(message.ByteSizeLong(), 2 << 20);
}

TEST_F(CsvSourceTest, RecordsComeInMessagesOfAboutAMebibyte) {
  std::string content = "type,key,name\n";
  std::vector<uint64_t> ordinals;
  for (int i = 0; i < 30; ++i)
    absl::StrAppend(&content, "A,", i, ",", std::string(100'000, 'x'), "\n"), ordinals.push_back(i);
  ASSERT_TRUE(Read(content).ok());
  v1::Records message;
  EXPECT_EQ(*source_->ReadRows(ordinals, &message), 11);
}

TEST_F(CsvSourceTest, FieldOfAMillionCharactersIsHandedOver) {
  std::string content = "type,key,name\nA,1,";
  for (int i = 0; i < 1'000'000; ++i) content += "愛";
  ASSERT_TRUE(Read(content + "\n").ok());
  v1::Records message;
  ASSERT_EQ(*source_->ReadRows({0}, &message), 1);
  EXPECT_GT(message.rows().size(), 3'000'000);
}

TEST_F(CsvSourceTest, RowThatFitsIntoNoMessageIsAnError) {
  ASSERT_TRUE(Read(absl::StrCat("type,key,name\nA,1,", std::string(4'000'000, 'x'), "\n")).ok());
  EXPECT_THAT(Records({0}), ElementsAre("0!ROW-LENGTH "));
}

TEST_F(CsvSourceTest, OperationColumnMarksDeletes) {
  options_.partial = true;
  ASSERT_TRUE(Read("type,key,name,操作\nA,1,x,追加\nA,2,,削除\nA,3,x, DELETE \nA,4,x,消す\nA,5,x,update\n").ok());
  EXPECT_THAT(entries_.deletes(), ElementsAre(1, 2));
  EXPECT_THAT(Records({0, 3, 4}), ElementsAre("0:A,1,x", "4:A,5,x", "3!OPERATION-VALUE operation"));
}

TEST_F(CsvSourceTest, FileWithoutRowsNeedsItsFlag) {
  EXPECT_EQ(CodeOf(""), "FILE-EMPTY");
  EXPECT_EQ(CodeOf("type,key,name\n"), "FILE-NO-ROWS");
  options_.allow_empty = true;
  EXPECT_EQ(CodeOf("type,key,name\n"), "OK");
  EXPECT_EQ(Rows(), 0);
}

TEST_F(CsvSourceTest, CutFilesAreRefused) {
  EXPECT_EQ(CodeOf("type,key,name\nA,1,x\nA,2"), "FILE-CUT");
  EXPECT_EQ(CodeOf("type,key,name\nA,1,x\nA,2,\"x\n"), "FILE-QUOTE-OPEN");
}

TEST_F(CsvSourceTest, MissingLastLineEndIsAWarning) {
  EXPECT_EQ(CodeOf("type,key,name\nA,1,x\nA,2,y"), "OK");
  EXPECT_EQ(Rows(), 2);
  EXPECT_THAT(source_->warnings(), SizeIs(1));
}

TEST_F(CsvSourceTest, StatedCountMustBeMet) {
  options_.expect_rows = 2;
  EXPECT_EQ(CodeOf("type,key,name\nA,1,x\n"), "FILE-ROW-COUNT");
  EXPECT_EQ(CodeOf("type,key,name\nA,1,x\n\nA,2,x\n"), "OK");
}

TEST_F(CsvSourceTest, FileThatChangesIsNoticed) {
  ASSERT_TRUE(Read("type,key,name\nA,1,x\n").ok());
  EXPECT_TRUE(source_->CheckUnchanged().ok());
  file_->Append("A,2,x\n");
  EXPECT_EQ(client::Tell(source_->CheckUnchanged()).code, "FILE-CHANGED");
}

TEST_F(CsvSourceTest, StartsAgainAfterARest) {
  ASSERT_TRUE(Read("type,key,name\nA,1,x\nA,2,y\n").ok());
  const std::string entries = entries_.entries();
  source_->Rest();
  ASSERT_TRUE(source_->Start(begun_).ok());
  ASSERT_TRUE(ReadAll().ok());
  EXPECT_EQ(entries_.entries(), entries);
}

TEST_F(CsvSourceTest, FieldsThatChangedSinceTheCheckAreNoticed) {
  ASSERT_TRUE(Open("type,key,name\nA,1,x\n").ok());
  begun_.mutable_fields(2)->set_name("other");
  EXPECT_TRUE(absl::IsAborted(source_->Start(begun_)));
}

TEST_F(CsvSourceTest, OnePassGivesRowsWithTheirEntries) {
  ASSERT_TRUE(Read("name,type,key\nx,A,1\n\"\",A,2\n").ok());
  const std::string entries = entries_.entries();
  options_.one_pass = true;
  ASSERT_TRUE(Read("name,type,key\nx,A,1\n\"\",A,2\n").ok());
  EXPECT_EQ(entries_.entries(), entries);
  EXPECT_EQ(entries_.rows(), std::string("\x06\1A\1"
                                         "1"
                                         "\1x"
                                         "\x05\1A\1"
                                         "2"
                                         "\0",
                                         13));
}

TEST_F(CsvSourceTest, OnePassLeavesOutWhatCannotBeSent) {
  options_.partial = options_.one_pass = true;
  ASSERT_TRUE(Read("type,key,name,操作\nA\nA,1,x,削除\nA,2,\xFF,追加\nA,3,x,消す\nA,4,x,追加\n").ok());
  EXPECT_THAT(Unreadable(), ElementsAre("0 ROW-MALFORMED"));
  EXPECT_THAT(entries_.deletes(), ElementsAre(1));
  ASSERT_THAT(entries_.errors(), SizeIs(2));
  EXPECT_EQ(entries_.errors(0).code() + entries_.errors(0).field(), "FIELD-ENCODINGname");
  EXPECT_EQ(entries_.errors(1).code() + entries_.errors(1).field(), "OPERATION-VALUEoperation");
  EXPECT_EQ(entries_.errors(1).ordinal(), 3);
  EXPECT_EQ(entries_.rows(), std::string("\0\0\0\0\x06\1A\1"
                                         "4"
                                         "\1x",
                                         11));
}

TEST_F(CsvSourceTest, OnePassMessagesAreOfAboutAMebibyte) {
  options_.one_pass = true;
  std::string content = "type,key,name\n";
  for (int i = 0; i < 50; ++i) absl::StrAppend(&content, "A,", i, ",", std::string(100'000, 'x'), "\n");
  ASSERT_TRUE(Open(content).ok());
  size_t bytes = 0;
  for (v1::Fingerprints message; source_->ReadEntries(&message).ok() && !message.entries().empty(); message.Clear()) {
    EXPECT_LE(message.ByteSizeLong(), (1 << 20) + 50'000);
    bytes += message.rows().size();
  }
  EXPECT_GT(bytes, 5'000'000);
}

class CsvStreamTest : public CsvSourceTest {
 protected:
  // Reads `content` as a stream; the code of its error.
  std::string ReadStream(absl::string_view content) {
    const TemporaryFile file(content);
    const int descriptor = ::open(file.path().c_str(), O_RDONLY);
    absl::StatusOr<std::unique_ptr<CsvSource>> source = CsvSource::OpenStream(descriptor, options_, shape_);
    absl::Status status = source.status();
    if (status.ok()) {
      source_ = *std::move(source);
      status = source_->Start(begun_);
      if (status.ok()) status = ReadAll();
    }
    ::close(descriptor);
    return status.ok() ? "OK" : client::Tell(status).code;
  }
};

TEST_F(CsvStreamTest, GivesWhatOnePassOverTheFileGives) {
  std::string content = "\xEF\xBB\xBFtype,key,name\r\n";
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&content, i % 5 == 0 ? "\"A\n愛\"" : "A,", i, ",愛\r\n");
  options_.one_pass = true;
  ASSERT_TRUE(Read(content).ok());
  const v1::Fingerprints of_file = entries_;
  const uint64_t line = source_->LineOf(99'999);
  ASSERT_EQ(ReadStream(content), "OK");
  EXPECT_EQ(entries_.entries(), of_file.entries());
  EXPECT_EQ(entries_.rows(), of_file.rows());
  EXPECT_EQ(entries_.unreadable_size(), of_file.unreadable_size());
  EXPECT_EQ(source_->LineOf(99'999), line);
}

TEST_F(CsvStreamTest, FormatIsCheckedOnTheHead) {
  EXPECT_EQ(ReadStream(""), "FILE-EMPTY");
  EXPECT_EQ(ReadStream("PK\x03\x04"), "FILE-NOT-TEXT");
  EXPECT_EQ(ReadStream("type,key,name\n\x1A"), "FILE-NO-ROWS");
  EXPECT_EQ(ReadStream("type,key,nam\nA,1,x\n"), "FILE-COLUMN-UNKNOWN");
  EXPECT_EQ(ReadStream("type,key,name\nA,1,\x88\xA4\nA,2,\x88\xA4\n"), "FILE-ENCODING");
}

TEST_F(CsvStreamTest, CutStreamIsRefused) {
  EXPECT_EQ(ReadStream("type,key,name\nA,1,x\nA,2"), "FILE-CUT");
  EXPECT_EQ(ReadStream("type,key,name\nA,1,x\nA,2,\"x\n"), "FILE-QUOTE-OPEN");
  options_.expect_rows = 2;
  EXPECT_EQ(ReadStream("type,key,name\nA,1,x\n"), "FILE-ROW-COUNT");
}

TEST_F(CsvStreamTest, StreamCannotBeStartedAgain) {
  ASSERT_EQ(ReadStream("type,key,name\nA,1,x\n"), "OK");
  EXPECT_EQ(client::Tell(source_->Start(begun_)).code, "STREAM-BROKE");
}

// A claim may be refused, and then everything has to be given once more.
TEST_F(CsvStreamTest, StreamUsesNoStretches) {
  ASSERT_EQ(ReadStream("type,key,name\nA,1,x\n"), "OK");
  EXPECT_FALSE(source_->UsesStretches());
  ASSERT_TRUE(Read("type,key,name\nA,1,x\n").ok());
  EXPECT_TRUE(source_->UsesStretches());
}

TEST_F(CsvSourceTest, OtherDelimitersAndNoHeader) {
  options_.delimiter = '|';
  options_.has_header = false;
  options_.encoding = Encoding::kCp932;
  ASSERT_TRUE(Read("A|1|\x83\x7C\x83\x7C\n").ok());
  EXPECT_THAT(Records({0}), ElementsAre("0:A,1,ポポ"));
}

}  // namespace
}  // namespace sabun::file
