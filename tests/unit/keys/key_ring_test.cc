// The ring of epoch keys: opened, changed, rewrapped and damaged in every way.
#include "keys/key_ring.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "keys/ring_file.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

const std::string kKey(32, 'k'), kOther(32, 'o');

class KeyRingTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(root_);
    fs::create_directories(root_ + "/backups");
  }
  void TearDown() override { fs::remove_all(root_); }

  static KeyRing::KeyFetcher Key(const std::string& key) {
    return [key] { return SecretBytes(key); };
  }
  std::unique_ptr<KeyRing> Create() {
    auto ring = KeyRing::Create(path_, Key(kKey), /*is_old_store=*/false, 100);
    EXPECT_TRUE(ring.ok()) << ring.status();
    return *std::move(ring);
  }
  absl::StatusOr<std::unique_ptr<KeyRing>> Open(const std::string& key = kKey) {
    return KeyRing::Open(path_, Key(key));
  }
  // The code of the error, or "OK".
  std::string CodeOnOpening(const std::string& key = kKey) { return CodeOf(Open(key).status()); }
  static std::string CodeOf(const absl::Status& status) {
    const std::string text(status.message());
    return status.ok() ? "OK" : text.substr(0, text.find(':'));
  }
  static std::string Read(const std::string& path) { return *ReadRingFile(path); }
  static void Write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  const std::string root_ = absl::StrCat(testing::TempDir(), "/key_ring_", getpid());
  const std::string path_ = root_ + "/keyring", copy_ = path_ + ".copy", backup_ = root_ + "/backups/keyring";
};

TEST_F(KeyRingTest, OpensWithEveryEpochThatWasBegun) {
  const auto made = Create();
  ASSERT_EQ(*made->BeginEpoch(200), 2u);
  const auto ring = Open();
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ((*ring)->Newest().epoch, 2u);
  EXPECT_EQ(*(*ring)->Find(1), *made->Find(1));
  EXPECT_NE(*(*ring)->Find(1), *(*ring)->Find(2));
  EXPECT_EQ((*ring)->lasting_key(), made->lasting_key());
}

TEST_F(KeyRingTest, HoldsNoKeyInTheClear) {
  const auto ring = Create();
  const std::string bytes = Read(path_);
  EXPECT_EQ(bytes.find(std::string(ring->Find(1)->view())), std::string::npos);
  EXPECT_EQ(bytes.find(std::string(ring->lasting_key().view())), std::string::npos);
  EXPECT_EQ(bytes.find(kKey), std::string::npos);
}

TEST_F(KeyRingTest, OldStoresKeyIsEpochZero) {
  const auto ring = KeyRing::Create(path_, Key(kKey), /*is_old_store=*/true, 100);
  EXPECT_EQ((*ring)->Find(0)->view(), kKey);
  EXPECT_EQ((*ring)->lasting_key().view(), kKey);
  EXPECT_EQ((*ring)->Newest().epoch, 1u);
}

TEST_F(KeyRingTest, WrongKeyIsRefusedInBothLanguages) {
  Create();
  const absl::Status status = Open(kOther).status();
  EXPECT_EQ(CodeOf(status), "KEY-WRONG");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(InBothLanguages(status), "正しい鍵"));
  EXPECT_TRUE(absl::StrContains(status.message(), KeyId(kKey)));
  EXPECT_EQ(CodeOnOpening(kKey), "OK");
}

TEST_F(KeyRingTest, MissingRingIsRefused) { EXPECT_EQ(CodeOnOpening(), "KEY-RING-MISSING"); }

TEST_F(KeyRingTest, EveryCutAndFlippedBitIsFoundWithoutACopy) {
  Create();
  const std::string whole = Read(path_);
  for (size_t size = 0; size < whole.size(); ++size) {
    fs::remove(copy_);
    Write(path_, whole.substr(0, size));
    ASSERT_EQ(CodeOnOpening(), "KEY-RING-DAMAGED") << size;
    std::string flipped = whole;
    flipped[size] = static_cast<char>(flipped[size] ^ 1);
    Write(path_, flipped);
    ASSERT_EQ(CodeOnOpening(), "KEY-RING-DAMAGED") << size;
  }
}

TEST_F(KeyRingTest, CopyStandsInForALostOrDamagedRing) {
  const SecretBytes key = *Create()->Find(1);
  Write(path_, Read(path_).substr(0, 40));
  EXPECT_EQ(*(*Open())->Find(1), key);
  fs::remove(path_);
  EXPECT_EQ(*(*Open())->Find(1), key);
  EXPECT_EQ(Read(path_), Read(copy_));
}

TEST_F(KeyRingTest, EpochOfAnotherRingDoesNotOpenInThisOne) {
  // The same key wraps both; an entry that is moved is not under this ring's code.
  Create();
  std::string one = Read(path_);
  fs::remove(path_);
  Create();
  const std::string other = Read(path_);
  one.replace(88, 60, other.substr(88, 60));
  Write(path_, one);
  fs::remove(copy_);
  EXPECT_EQ(CodeOnOpening(), "KEY-RING-DAMAGED");
}

TEST_F(KeyRingTest, DestroyedEpochIsInNoFileAnyMore) {
  const auto ring = Create();
  ASSERT_TRUE(ring->AddCopy(backup_).ok());
  ASSERT_EQ(*ring->BeginEpoch(200), 2u);
  ASSERT_EQ(*ring->DestroyBefore(2), std::vector<uint32_t>{1});
  EXPECT_EQ(CodeOf(ring->Find(1).status()), "KEY-EPOCH-DESTROYED");
  EXPECT_EQ(CodeOf(ring->Find(3).status()), "KEY-EPOCH-UNKNOWN");
  for (const std::string& path : {path_, copy_, backup_}) {
    EXPECT_FALSE(DecodeRing(Read(path), kKey, path)->epochs.contains(1)) << path;
  }
}

TEST_F(KeyRingTest, CopyThatCannotBeWrittenIsToldAndMadeGood) {
  const auto ring = Create();
  ASSERT_TRUE(ring->AddCopy(backup_).ok());
  fs::rename(root_ + "/backups", root_ + "/away");
  ASSERT_EQ(*ring->BeginEpoch(200), 2u);
  EXPECT_EQ(ring->stale_copies(), std::vector<std::string>{backup_});
  fs::rename(root_ + "/away", root_ + "/backups");
  ASSERT_TRUE(ring->Refresh().ok());
  EXPECT_TRUE(ring->stale_copies().empty());
  EXPECT_EQ(Read(backup_), Read(path_));
}

TEST_F(KeyRingTest, RewrappedRingOpensWithTheNewKeyOnly) {
  const auto ring = Create();
  const SecretBytes key = *ring->Find(1);
  ASSERT_TRUE(ring->Rewrap(SecretBytes(kOther)).ok());
  EXPECT_EQ(CodeOnOpening(kKey), "KEY-WRONG");
  EXPECT_EQ(*(*Open(kOther))->Find(1), key);
  EXPECT_EQ(Read(copy_), Read(path_));
}

// What is on the disk after a kill between any two steps of a rewrap: PATH.new begun, renamed, the copy's likewise.
TEST_F(KeyRingTest, RewrapKilledAtAnyStepLeavesARingThatOneOfTheKeysOpens) {
  Create();
  const std::string old_ring = Read(path_);
  ASSERT_TRUE((*Open())->Rewrap(SecretBytes(kOther)).ok());
  const std::string new_ring = Read(path_);
  struct Step {
    std::string first, first_new, copy, copy_new, opens;
  };
  const std::string half = new_ring.substr(0, 50);
  for (const Step& step : {Step{old_ring, half, old_ring, "", kKey}, Step{old_ring, new_ring, old_ring, "", kKey},
                           Step{new_ring, "", old_ring, "", kOther}, Step{new_ring, "", old_ring, half, kOther},
                           Step{new_ring, "", old_ring, new_ring, kOther}, Step{new_ring, "", new_ring, "", kOther}}) {
    Write(path_, step.first);
    Write(path_ + ".new", step.first_new);
    Write(copy_, step.copy);
    Write(copy_ + ".new", step.copy_new);
    EXPECT_EQ(CodeOnOpening(step.opens == kKey ? kOther : kKey), "KEY-WRONG");
    ASSERT_EQ(CodeOnOpening(step.opens), "OK");
    EXPECT_EQ(Read(copy_), Read(path_));
  }
}

// The engine holds the ring while an operator rewraps it, and finds the new key where it fetched the old one.
TEST_F(KeyRingTest, RingThatWasRewrappedByAnotherProcessGoesOnWithTheNewKey) {
  Create();
  std::string fetched = kKey;
  const auto engine =
      KeyRing::Open(path_, [&fetched]() -> absl::StatusOr<SecretBytes> { return SecretBytes(fetched); });
  ASSERT_TRUE(engine.ok()) << engine.status();
  ASSERT_TRUE((*Open())->Rewrap(SecretBytes(kOther)).ok());
  EXPECT_EQ(CodeOf((*engine)->BeginEpoch(200).status()), "KEY-WRONG");
  EXPECT_EQ((*engine)->Newest().epoch, 1u);
  fetched = kOther;
  EXPECT_EQ(*(*engine)->BeginEpoch(200), 2u);
  EXPECT_EQ((*Open(kOther))->Newest().epoch, 2u);
}

TEST_F(KeyRingTest, OldCopyOfTheRingIsReplacedByTheNewerOne) {
  const auto ring = Create();
  const std::string old_ring = Read(copy_);
  ASSERT_EQ(*ring->BeginEpoch(200), 2u);
  Write(copy_, old_ring);
  ASSERT_EQ(CodeOnOpening(), "OK");
  EXPECT_EQ(Read(copy_), Read(path_));
}

}  // namespace
}  // namespace sabun
