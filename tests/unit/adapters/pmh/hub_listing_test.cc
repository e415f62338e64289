#include "adapters/pmh/hub_listing.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/packing.h"
#include "adapters/pmh/submitter.h"
#include "tests/pmh_sim/pmh_sim.h"
#include "tests/unit/adapters/pmh/fake_engine.h"
#include "tests/unit/adapters/pmh/sample_records.h"

namespace sabun {
namespace {

class HubListingTest : public ::testing::Test {
 protected:
  HubListingTest() : hub_(*PmhSim::Start({})) {}

  // Puts records H0, H1, ... into the hub.
  void Hold(int count) {
    FakeEngine engine;
    for (int i = 0; i < count; ++i) {
      engine.AddPending(v1::CHANGE_OP_ADD, SampleRecord({{"historyKey", absl::StrCat("H", i)}}));
    }
    SubmitOptions options;
    options.dataset = "d";
    options.profile_toml = ImpatientProfile({});
    options.hub_url = hub_->url();
    ASSERT_TRUE(Submit(options, engine.stub()).ok());
  }

  void Profile(const std::map<std::string, std::string>& replacements) {
    profile_ = Parsed(ImpatientProfile(replacements));
  }

  // All rows, read to the end; empty after an error, which is kept.
  std::vector<std::string> Rows() {
    const auto listing = HubListing::Open(profile_, hub_->url());
    v1::Begun begun;
    begun.set_key_secret(std::string(32, 'k'));
    begun.set_key_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
    for (size_t i = 0; i < profile_.fields.size(); ++i) begun.add_fields();
    begun.add_key_fields(0);
    begun.add_key_fields(1);
    error_ = listing.status();
    if (error_.ok()) error_ = (*listing)->Start(begun);
    std::vector<std::string> rows;
    while (error_.ok()) {
      v1::Fingerprints message;
      error_ = (*listing)->ReadEntries(&message);
      if (message.entries().empty()) break;
      ++messages_;
      EXPECT_EQ(message.first_ordinal(), rows.size());
      absl::string_view packed = message.rows();
      uint64_t size = 0;
      while (client::TakeVarint(&packed, &size)) {
        rows.emplace_back(packed.substr(0, size));
        packed.remove_prefix(size);
      }
    }
    return rows;
  }

  std::unique_ptr<PmhSim> hub_;
  HubProfile profile_;
  absl::Status error_;
  int messages_ = 0;
};

TEST_F(HubListingTest, RowsAreWhatWasRegisteredPageByPage) {
  Hold(5);
  Profile({{"path = \"\"", "path = \"/v1/registrations\""}, {"page_size = 1000", "page_size = 2"}});
  const std::vector<std::string> rows = Rows();
  ASSERT_TRUE(error_.ok()) << error_;
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(messages_, 3);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rows[i], SampleRecord({{"historyKey", absl::StrCat("H", i)}})) << i;
}

TEST_F(HubListingTest, EmptyHubGivesNoRows) {
  Profile({{"path = \"\"", "path = \"/v1/registrations\""}});
  EXPECT_TRUE(Rows().empty());
  EXPECT_TRUE(error_.ok()) << error_;
}

TEST_F(HubListingTest, HubWithoutAListingIsRefused) {
  Profile({});
  Rows();
  EXPECT_TRUE(absl::IsFailedPrecondition(error_));
  EXPECT_TRUE(absl::StrContains(error_.message(), "[hub.listing]")) << error_;
}

TEST_F(HubListingTest, ListThatIsNotThereIsAnErrorAndNotAnEmptyHub) {
  Hold(1);
  for (const char* path : {"/v1/elsewhere", "/oauth/token"}) {
    Profile({{"path = \"\"", absl::StrCat("path = \"", path, "\"")}});
    Rows();
    EXPECT_TRUE(absl::IsUnavailable(error_)) << path << error_;
  }
}

TEST_F(HubListingTest, AnswerWithoutTheListIsAnErrorAndNotAnEmptyHub) {
  Hold(1);
  Profile({{"path = \"\"", "path = \"/v1/registrations\""}, {"records = \"/records\"", "records = \"/elements\""}});
  Rows();
  EXPECT_TRUE(absl::IsUnavailable(error_));
}

}  // namespace
}  // namespace sabun
