// The SQLite store against the in-memory one.
#include <random>

#include <gtest/gtest.h>

#include "feed_follower.h"
#include "manual_clock.h"
#include "metadata_dump.h"
#include "random_operation.h"
#include "temp_dir.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::Must;
using metadata_db::RandomOperation;
using metadata_db::Soon;

// Method: the same random operations on both stores. Each result, errors' texts included,
// everything that can be read, and what the change feed tells must be the same after each. One feed
// is written by triggers, the other is found by comparing states.
TEST(SqliteStorePropertyTest, AnyHistoryGivesTheReadsOfTheMemoryStore) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  int successes = 0;
  for (int history = 0; history < 10; ++history) {
    const TempDir dir;
    metadata_db::ManualClock clock;
    const auto memory = metadata_db::MakeMemoryStore(clock);
    const auto sqlite = Must(OpenSqliteStore({.file = dir.path() / "db", .clock = clock}, Soon()));
    metadata_db::FeedWatch memory_feed(*memory);
    metadata_db::FeedWatch sqlite_feed(*sqlite);
    for (int step = 0; step < 100; ++step) {
      clock.Advance(std::chrono::nanoseconds(1'234'567));
      std::mt19937 same_random = random;
      const std::string of_memory = RandomOperation(random).ApplyTo(*memory);
      const std::string of_sqlite = RandomOperation(same_random).ApplyTo(*sqlite);
      ASSERT_EQ(of_sqlite, of_memory) << "history " << history << ", step " << step;
      ASSERT_EQ(DumpEverything(*Must(sqlite->OpenReader(Soon()))),
                DumpEverything(*Must(memory->OpenReader(Soon()))))
          << "history " << history << ", step " << step;
      ASSERT_EQ(sqlite_feed.Next(), memory_feed.Next())
          << "history " << history << ", step " << step << ": " << of_memory;
      if (of_memory.find(": ") == std::string::npos) ++successes;
    }
  }
  // Histories of nothing but refusals would prove nothing.
  EXPECT_GT(successes, 200);
}

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
