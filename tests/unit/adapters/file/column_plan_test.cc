#include "adapters/file/column_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/client/localized_status.h"

namespace sabun::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ColumnPlanTest : public ::testing::Test {
 protected:
  ColumnPlanTest() {
    AddField("historyKey", "履歴キー", true);
    AddField("name", "氏名", true);
    AddField("segment", "区分", false);
    shape_.key_fields = {0};
    options_.path = "f.csv";
  }
  void AddField(const char* name, const char* label, bool required) {
    v1::Field field;
    field.set_name(name);
    field.set_label_ja(label);
    field.set_required(required);
    shape_.fields.push_back(field);
  }
  absl::StatusOr<ColumnPlan> Plan(std::vector<std::string> header) {
    return PlanColumns({header, header.size()}, map_, shape_, options_);
  }
  std::string CodeOf(std::vector<std::string> header) {
    const absl::StatusOr<ColumnPlan> plan = Plan(std::move(header));
    return plan.ok() ? "OK" : client::Tell(plan.status()).code;
  }

  RecordShape shape_;
  ColumnMap map_;
  CsvOptions options_;
};

TEST_F(ColumnPlanTest, HeaderMatchesNamesAndLabels) {
  const absl::StatusOr<ColumnPlan> plan = Plan({"氏名", "historyKey"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->column_of_field, ElementsAre(1, 0, ColumnPlan::kNoColumn));
}

TEST_F(ColumnPlanTest, LayoutDependsOnMeaningNotOnSpelling) {
  EXPECT_EQ(Plan({"氏名", "historyKey"})->layout, Plan({"name", "履歴キー"})->layout);
  EXPECT_NE(Plan({"氏名", "historyKey"})->layout, Plan({"historyKey", "氏名"})->layout);
  const std::string utf8 = Plan({"氏名", "historyKey"})->layout;
  options_.encoding = Encoding::kCp932;
  EXPECT_NE(Plan({"氏名", "historyKey"})->layout, utf8);
}

TEST_F(ColumnPlanTest, UnknownColumnIsToldWithItsNeighbours) {
  const absl::Status status = Plan({"historyKey", "nmae", "区分"}).status();
  EXPECT_EQ(client::Tell(status).code, "FILE-COLUMN-UNKNOWN");
  EXPECT_THAT(std::string(status.message()), HasSubstr("Nearest fields: name (氏名)"));
}

TEST_F(ColumnPlanTest, FirstLineThatIsDataIsNotQuoted) {
  const absl::Status status = Plan({"0000123", "愛知花子", "A"}).status();
  EXPECT_EQ(client::Tell(status).code, "FILE-HEADER-UNKNOWN");
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("愛知")));
}

TEST_F(ColumnPlanTest, UnknownColumnsMayBeIgnored) {
  options_.ignore_unknown_columns = true;
  EXPECT_EQ(CodeOf({"historyKey", "氏名", "備考", ""}), "OK");
}

TEST_F(ColumnPlanTest, MissingKeyAndRequiredColumnsAreErrors) {
  EXPECT_EQ(CodeOf({"氏名", "区分"}), "FILE-COLUMN-MISSING");
  EXPECT_EQ(CodeOf({"historyKey", "区分"}), "FILE-COLUMN-MISSING");
  options_.partial = true;
  EXPECT_EQ(CodeOf({"historyKey", "区分"}), "OK");
}

TEST_F(ColumnPlanTest, FieldWithTwoColumnsIsAnError) {
  EXPECT_EQ(CodeOf({"historyKey", "氏名", "name"}), "FILE-COLUMN-TWICE");
}

TEST_F(ColumnPlanTest, OperationColumnBelongsToPartialSnapshots) {
  EXPECT_EQ(CodeOf({"historyKey", "氏名", "操作"}), "FILE-COLUMN-UNKNOWN");
  options_.partial = true;
  EXPECT_EQ(Plan({"historyKey", "氏名", "操作"})->operation_column, 2);
  EXPECT_EQ(Plan({"Operation", "historyKey", "氏名"})->operation_column, 0);
}

TEST_F(ColumnPlanTest, WithoutHeaderColumnsAreTheFieldsInOrder) {
  options_.has_header = false;
  EXPECT_THAT(PlanColumns({{}, 3}, map_, shape_, options_)->column_of_field, ElementsAre(0, 1, 2));
  EXPECT_FALSE(PlanColumns({{}, 2}, map_, shape_, options_).ok());
}

TEST_F(ColumnPlanTest, MapGoesBeforeNames) {
  map_.columns = {{"番号", "historyKey"}, {"3", "segment"}, {"備考", ""}};
  map_.constants = {{"name", "同上"}};
  const absl::StatusOr<ColumnPlan> plan = Plan({"番号", "備考", "メモ"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->column_of_field, ElementsAre(0, ColumnPlan::kNoColumn, 2));
  EXPECT_EQ(plan->constants[1], "同上");
}

TEST_F(ColumnPlanTest, MapThatDoesNotFitIsAnError) {
  map_.columns = {{"ない列", "name"}};
  EXPECT_EQ(CodeOf({"historyKey", "氏名"}), "FILE-COLUMN-MISSING");
  map_.columns = {{"氏名", "nobody"}};
  EXPECT_EQ(CodeOf({"historyKey", "氏名"}), "MAP-FIELD-UNKNOWN");
  map_.columns.clear();
  map_.constants = {{"name", "x"}};
  EXPECT_EQ(CodeOf({"historyKey", "氏名"}), "MAP-FIELD-TWICE");
}

}  // namespace
}  // namespace sabun::file
