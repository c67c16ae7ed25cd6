#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "data_lake.h"

namespace tidemark::data_store {
namespace {

class TablesWriterInfoTest : public testing::Test {
 protected:
  DataLake lake_;
};

TEST_F(TablesWriterInfoTest, IsEmptyForAVersionWithoutTables) {
  const auto writers = lake_.GetWriters();
  ASSERT_TRUE(writers);
  EXPECT_TRUE(writers->empty());
}

TEST_F(TablesWriterInfoTest, NamesTheJobAndItsStateForEachTableByName) {
  lake_.Acquire("transactions");
  lake_.Acquire("blocks");
  ASSERT_TRUE(lake_.memory->TransitionJob({lake_.job}, metadata_db::JobTransition::kStart,
                                          std::nullopt, Deadline::Never()));
  const auto writers = lake_.GetWriters();
  ASSERT_TRUE(writers);
  ASSERT_EQ(writers->size(), 2U);
  EXPECT_EQ((*writers)[0].table_name, "blocks");
  EXPECT_EQ((*writers)[1].table_name, "transactions");
  for (const TableWriterInfo& writer : *writers) {
    EXPECT_EQ(writer.job_id, lake_.job);
    EXPECT_EQ(writer.job_status, JobStatus::kRunning);
  }
}

TEST_F(TablesWriterInfoTest, LeavesOutTablesWithoutAnActiveRevision) {
  lake_.Acquire("blocks");
  lake_.Acquire("logs");
  lake_.hooks.edit_tables = [](auto& tables) { tables[0].active_revision = std::nullopt; };
  const auto writers = lake_.GetWriters();
  ASSERT_TRUE(writers);
  ASSERT_EQ(writers->size(), 1U);
  EXPECT_EQ((*writers)[0].table_name, "logs");
}

TEST_F(TablesWriterInfoTest, ToldApartIsATableThatNobodyWrites) {
  lake_.Acquire("blocks");
  lake_.hooks.edit_tables = [](auto& tables) {
    tables[0].writer = std::nullopt;
    tables[0].writer_status = std::nullopt;
  };
  const auto writers = lake_.GetWriters();
  ASSERT_TRUE(writers);
  ASSERT_EQ(writers->size(), 1U);
  EXPECT_EQ((*writers)[0].job_id, std::nullopt);
  EXPECT_EQ((*writers)[0].job_status, std::nullopt);
}

TEST_F(TablesWriterInfoTest, KeepsAJobWhoseStateIsNotRecorded) {
  lake_.Acquire("blocks");
  lake_.hooks.edit_tables = [](auto& tables) { tables[0].writer_status = std::nullopt; };
  const auto writers = lake_.GetWriters();
  ASSERT_TRUE(writers);
  EXPECT_EQ((*writers)[0].job_id, lake_.job);
  EXPECT_EQ((*writers)[0].job_status, std::nullopt);
}

}  // namespace
}  // namespace tidemark::data_store
