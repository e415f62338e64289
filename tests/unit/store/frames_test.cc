#include "engine/store/frames.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "engine/store/file_head.h"

namespace sabun {
namespace {

constexpr uint64_t kOffset = 4096 + 77;

class FramesTest : public testing::Test {
 protected:
  static SecretBytes Key(char letter) { return SecretBytes(std::string(32, letter)); }
  std::string Seal(absl::string_view plain, uint64_t offset = kOffset) {
    std::string frame;
    cipher_.Seal(offset, plain, &frame);
    return frame;
  }
  // What is in the frame; "not whole" when it is not.
  std::string Open(absl::string_view bytes, uint64_t offset = kOffset) {
    std::string plain = "left from before";
    if (cipher_.Open(offset, bytes, &plain)) return plain;
    EXPECT_EQ(plain, "");
    return "not whole";
  }

  FrameCipher cipher_{Key('k')};
};

TEST_F(FramesTest, WhatIsSealedIsOpenedWhateverItsSizeAndWhateverFollows) {
  for (const size_t size : {size_t{1}, size_t{15}, size_t{16}, size_t{17}, size_t{40'000}, kLargestFrame}) {
    const std::string plain(size, 'p');
    EXPECT_EQ(Open(Seal(plain)), plain) << size;
    EXPECT_EQ(Open(Seal(plain) + "what follows"), plain) << size;
    EXPECT_EQ(Seal(plain).size(), size + kFrameExtraBytes);
  }
}

TEST_F(FramesTest, EveryByteCounts) {
  const std::string sound = Seal("a commit");
  for (size_t at = 0; at < sound.size(); ++at) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string changed = sound;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      EXPECT_EQ(Open(changed), "not whole") << at;
      EXPECT_EQ(Open(changed + std::string(300, 'x')), "not whole") << at;
    }
  }
}

TEST_F(FramesTest, AnotherPlaceOrAnotherFileIsNotWhole) {
  const std::string frame = Seal("a commit");
  EXPECT_EQ(Open(frame, kOffset + 1), "not whole");
  EXPECT_EQ(Open(frame, kOffset + (uint64_t{1} << 32)), "not whole");
  std::string plain;
  EXPECT_FALSE(FrameCipher(Key('l')).Open(kOffset, frame, &plain));
}

TEST_F(FramesTest, CutFramesZerosAndNothingAreNotWhole) {
  const std::string frame = Seal("a commit");
  for (size_t left = 0; left < frame.size(); ++left) EXPECT_EQ(Open(frame.substr(0, left)), "not whole") << left;
  EXPECT_EQ(Open(std::string(100, '\0')), "not whole");
  EXPECT_EQ(Open(std::string(2 * kMostFrameBytes, '\xFF')), "not whole");
}

TEST_F(FramesTest, EqualContentsLookDifferentAtEveryPlace) {
  EXPECT_NE(Seal("a commit", 4096), Seal("a commit", 4096 + 28));
  EXPECT_EQ(Seal("a commit", 4096).find("a commit"), std::string::npos);
}

TEST_F(FramesTest, WhatIsNeededIsToldByTheLength) {
  EXPECT_EQ(FrameBytesNeeded(""), kFrameLengthBytes);
  EXPECT_EQ(FrameBytesNeeded(Seal("a commit")), 8 + kFrameExtraBytes);
  EXPECT_EQ(FrameBytesNeeded("\xFF\xFF\xFF\xFF"), kMostFrameBytes);
}

// Made by another program, as engine/FORMATS.md says.
TEST_F(FramesTest, LayoutIsTheDocumentedOne) {
  EXPECT_EQ(absl::BytesToHexString(Seal("abc", 4096)),
            "00000003"
            "969df4"
            "348bdb8c2423c0c1bd91f63a5659096d");
}

TEST(FileForm, EverythingButTablesIsFrames) {
  for (const char* name : {"000009.log", "MANIFEST-000004", "CURRENT", "IDENTITY", "OPTIONS-000007", "000003.dbtmp"}) {
    EXPECT_EQ(FormOf(std::string("/data/rocksdb/") + name), FileForm::kFrames) << name;
  }
  EXPECT_EQ(FormOf("/data/rocksdb/000010.sst"), FileForm::kStream);
  EXPECT_EQ(FormOf("/data/bulk/7-index.sst"), FileForm::kStream);
}

class FileHeadTest : public testing::Test {
 protected:
  absl::StatusOr<SecretBytes> Open(const std::string& path, const std::string& head) {
    return OpenFileHead(*keys_, path, head);
  }
  const std::shared_ptr<KeyRing> keys_ = KeyRing::OfOneKey(std::string(32, 'k'));
};

TEST_F(FileHeadTest, FormsHaveKeysOfTheirOwn) {
  std::string head = NewFileHead(*keys_, "/d/000009.log");
  ASSERT_EQ(FormOfHead(head), FileForm::kFrames);
  ASSERT_TRUE(Open("/d/000009.log", head).ok());
  for (const char version : {'1', '2'}) {
    head[7] = version;
    ASSERT_EQ(FormOfHead(head), FileForm::kStream);
    EXPECT_FALSE(Open("/d/000009.log", head).ok()) << version;
  }
  std::string table = NewFileHead(*keys_, "/d/000010.sst");
  ASSERT_TRUE(Open("/d/000010.sst", table).ok());
  table[7] = '3';
  EXPECT_FALSE(Open("/d/CURRENT", table).ok());
}

TEST_F(FileHeadTest, FramesOfALogAreThatLogsAlone) {
  std::string log = NewFileHead(*keys_, "/d/000009.log");
  EXPECT_FALSE(Open("/d/000010.log", log).ok());
  EXPECT_FALSE(Open("/d/MANIFEST-000009", log).ok());
  EXPECT_FALSE(Open("/d/CURRENT", log).ok());
  EXPECT_FALSE(Open("/d/000009.log", NewFileHead(*keys_, "/d/CURRENT")).ok()) << "a head without a mark";
  std::fill(log.begin() + kFileHeadCheckedBytes, log.begin() + kFileHeadCheckedBytes + 16, '\0');
  EXPECT_FALSE(Open("/d/000009.log", log).ok());
}

}  // namespace
}  // namespace sabun
