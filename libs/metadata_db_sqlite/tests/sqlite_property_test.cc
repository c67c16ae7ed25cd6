// The SQLite store against the in-memory one.
#include <random>

#include <gtest/gtest.h>

#include "manual_clock.h"
#include "metadata_dump.h"
#include "temp_dir.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::JobTransition;
using metadata_db::MetadataStore;
using metadata_db::Must;
using metadata_db::NewFile;
using metadata_db::Soon;
using metadata_db::TableToWrite;

template <class T>
std::string Show(const Result<T>& result) {
  if (!result) return std::string(ToString(result.error().code)) + ": " + result.error().message;
  if constexpr (std::is_void_v<T>) return "ok";
  if constexpr (requires { result->value; }) return std::to_string(result->value);
  if constexpr (requires { result->size(); }) {
    std::string text;
    for (const auto& item : *result) {
      if constexpr (requires { item.value; }) text += std::to_string(item.value) + " ";
      if constexpr (requires { item.table_name; }) text += metadata_db::Show(item);
    }
    return text;
  }
}

// One random operation from a world so small that clashes are common. Which one depends on the
// generator's state alone, so two stores with equal generators get the same.
class RandomOperation {
 public:
  explicit RandomOperation(std::mt19937& random) : random_(random) {}

  std::string ApplyTo(MetadataStore& store) {
    switch (Below(9)) {
      case 0:
        return Show(store.RegisterManifest({Version().manifest_hash, Text(), "k"}, Soon()));
      case 1:
        return Show(store.LinkManifest(Version(), Soon()));
      case 2:
        return Show(store.SetVersionTag(Version(), Tag(), Soon()));
      case 3:
        return Show(store.AcquireTables(Version(), Job(), Tables(), Soon()));
      case 4:
      case 5:
        return Show(store.CommitFiles(Job(), Files(), Soon()));
      case 6:
        return Show(store.ScheduleJob(Node(), Descriptor(), Soon()));
      case 7:
        return Transition(store);
      default:
        return Below(3) == 0 ? Show(store.RegisterWorker(Node(), Text(), Soon()))
                             : Show(store.Heartbeat(Node(), Soon()));
    }
  }

 private:
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  std::string Text() { return std::string(Below(3), '"'); }
  std::string Node() { return "node-" + std::to_string(Below(3)); }
  JobId Job() { return {static_cast<std::int64_t>(Below(5))}; }

  DatasetVersion Version() {
    const std::string name = Below(4) == 0 ? "other" : "main";
    return {.dataset = {.ns = "eth", .name = name},
            .manifest_hash = {std::string(64, static_cast<char>('a' + Below(2)))}};
  }

  SemanticVersion Tag() {
    const char* const tags[] = {"1.0.0", "1.0.0-rc.1", "1.0.0+b", "0.10.0", "0.9.0"};
    return Must(SemanticVersion::Parse(tags[Below(5)]));
  }

  JobDescriptor Descriptor() {
    DatasetVersion version = Version();
    return {.version = std::move(version), .end_block = {}, .verify = Below(4) == 0};
  }

  std::vector<TableToWrite> Tables() {
    std::vector<TableToWrite> tables(Below(3));
    for (TableToWrite& table : tables) {
      table.table_name = "t" + std::to_string(Below(3));
      table.path_if_new = "p" + std::to_string(Below(8));
    }
    return tables;
  }

  std::vector<NewFile> Files() {
    std::vector<NewFile> files(Below(4));
    for (NewFile& file : files) {
      file.location_id = {static_cast<std::int64_t>(Below(4))};
      file.file_name = std::to_string(Below(40));
      file.metadata = Below(10) == 0 ? "{}" : "[]";
      file.object_size = Below(20) == 0 ? 1 : 2;
      file.url = "u";
    }
    return files;
  }

  std::string Transition(MetadataStore& store) {
    const auto transition = static_cast<JobTransition>(Below(8));
    const bool is_failure =
        transition == JobTransition::kFail || transition == JobTransition::kFailForGood;
    std::optional<std::string> detail;
    if (is_failure != (Below(10) == 0)) detail = R"({"e":1})";
    return Show(store.TransitionJob(Job(), transition, detail, Soon()));
  }

  std::mt19937& random_;
};

// Method: the same random operations on both stores. Each result, errors' texts included, and
// everything that can be read must be the same after each.
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
    for (int step = 0; step < 100; ++step) {
      clock.Advance(std::chrono::nanoseconds(1'234'567));
      std::mt19937 same_random = random;
      const std::string of_memory = RandomOperation(random).ApplyTo(*memory);
      const std::string of_sqlite = RandomOperation(same_random).ApplyTo(*sqlite);
      ASSERT_EQ(of_sqlite, of_memory) << "history " << history << ", step " << step;
      ASSERT_EQ(DumpEverything(*Must(sqlite->OpenReader(Soon()))),
                DumpEverything(*Must(memory->OpenReader(Soon()))))
          << "history " << history << ", step " << step;
      if (of_memory.find(": ") == std::string::npos) ++successes;
    }
  }
  // Histories of nothing but refusals would prove nothing.
  EXPECT_GT(successes, 200);
}

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
