// The SQLite store against the in-memory one, over rows that somebody else wrote.
#include <random>

#include <gtest/gtest.h>

#include "insert_text.h"
#include "manual_clock.h"
#include "metadata_dump.h"
#include "raw_database.h"
#include "temp_dir.h"
#include "tidemark/base/log.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::MemoryRow;
using metadata_db::MemoryRows;
using metadata_db::MetadataReader;
using metadata_db::Must;
using metadata_db::Soon;

// Random rows of Amp's tables from so few values that they often name one another, and that are
// often not what they should be.
class RandomRow {
 public:
  explicit RandomRow(std::mt19937& random) : random_(random) {}

  MemoryRow Make() {
    switch (Below(9)) {
      case 0:
        return {"workers",
                {{"node_id", Node()},
                 {"heartbeat_at", Time()},
                 {"created_at", Time()},
                 {"registered_at", Time()}}};
      case 1:
        return {"jobs",
                {{"id", Id()},
                 {"node_id", Node()},
                 {"created_at", Time()},
                 {"idempotency_key", "k" + std::to_string(Below(9))}}};
      case 2:
        return {
            "jobs_status",
            {{"job_id", Id()}, {"node_id", Node()}, {"status", Status()}, {"updated_at", Time()}}};
      case 3:
        return {"job_events",
                {{"job_id", Number()},
                 {"node_id", Node()},
                 {"event_type", Status()},
                 {"created_at", Time()},
                 {"detail", Detail()}}};
      case 4:
        return {"manifest_files", {{"hash", Hash()}, {"path", "p"}}};
      case 5:
        return {"tags",
                {{"namespace", "eth"},
                 {"name", Name()},
                 {"version", "v" + std::to_string(Below(4))},
                 {"hash", Hash()},
                 {"created_at", Time()},
                 {"updated_at", Time()}}};
      case 6:
        return {"physical_table_revisions",
                {{"id", Id()},
                 {"path", "p" + std::to_string(Below(9))},
                 {"writer", Number()},
                 {"metadata", Detail().value_or("{}")}}};
      case 7:
        return {"physical_tables",
                {{"dataset_namespace", "eth"},
                 {"dataset_name", Name()},
                 {"table_name", "t" + std::to_string(Below(3))},
                 {"manifest_hash", Hash()},
                 {"active_revision_id", Number()}}};
      default:
        return {"file_metadata",
                {{"location_id", Number()},
                 {"file_name", "f" + std::to_string(Below(20))},
                 {"metadata", Detail().value_or("")},
                 {"object_size", Number()},
                 {"url", "u"}}};
    }
  }

 private:
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  // Not null, for which SQLite would choose a number.
  std::string Id() { return std::to_string(static_cast<int>(Below(6)) - 1); }
  // Where a column must not be null both stores refuse the row.
  std::optional<std::string> Number() {
    if (Below(12) == 0) return std::nullopt;
    return Id();
  }
  std::string Node() { return "n" + std::to_string(Below(3)); }
  std::string Name() { return Below(3) == 0 ? "other" : "main"; }
  std::string Hash() {
    const char* const odd[] = {"", "abc", "no hash"};
    if (Below(5) == 0) return odd[Below(3)];
    return std::string(64, static_cast<char>(Below(6) == 0 ? 'A' : 'a' + Below(2)));
  }
  std::string Time() {
    const char* const odd[] = {"", "now", "2026-02-30T00:00:00Z", "2026-01-01",
                               "2026-01-01 00:00:00"};
    if (Below(8) == 0) return odd[Below(5)];
    return Below(2) == 0 ? "2026-01-01 00:00:00.25+00" : "2026-01-01T00:00:00Z";
  }
  std::string Status() {
    const char* const words[] = {"SCHEDULED", "RUNNING", "STOPPED", "ERROR", "scheduled", "PAUSED"};
    return words[Below(6)];
  }
  std::optional<std::string> Detail() {
    const char* const odd[] = {"", "{", "[]", "{}", "null", R"({"manifest_hash":null})"};
    if (Below(3) == 0) return odd[Below(6)];
    if (Below(8) == 0) return std::nullopt;
    return R"({"dataset_namespace":"eth","dataset_name":")" + Name() + R"(","manifest_hash":")" +
           Hash() + R"("})";
  }

  std::mt19937& random_;
};

template <class T>
std::string ShowOne(const Result<std::optional<T>>& row) {
  if (!row) return row.error().message;
  return *row ? metadata_db::Show(**row) : "none";
}

// What the reader says of every key that RandomRow can make, and of all rows together.
std::string ShowAnswers(MetadataReader& reader) {
  std::string text = metadata_db::DumpEverything(reader);
  for (std::int64_t id = -1; id < 6; ++id) {
    text += ShowOne(reader.GetJob({id})) + ShowOne(reader.GetRevision({id}));
    for (const auto& table : Must(reader.ListTablesWrittenBy({id}))) text += Show(table);
    for (const auto& file : Must(reader.ListFiles({id}))) text += Show(file);
    for (const auto& event : Must(reader.ListJobEvents({id}))) text += Show(event);
    for (std::int64_t event = 0; event < 10; ++event) {
      text += ShowOne(reader.GetJobEvent({id}, event));
    }
  }
  for (const char* const node : {"n0", "n1", "n2"}) text += ShowOne(reader.GetWorker(node));
  for (const char* const name : {"main", "other"}) {
    for (const std::string& hash :
         {std::string(64, 'a'), std::string(64, 'A'), std::string("abc")}) {
      const DatasetVersion version{.dataset = {.ns = "eth", .name = name}, .manifest_hash = {hash}};
      for (const auto& job : Must(reader.ListJobsOfVersion(version))) text += Show(job);
      for (const auto& table : Must(reader.ListTables(version))) text += Show(table);
      for (const auto& tag : Must(reader.ListTagsOfManifest({hash}))) text += Show(tag);
    }
    for (const char* const tag : {"v0", "v1", "v2", "v3"}) {
      text += ShowOne(reader.GetTag({.ns = "eth", .name = name}, tag));
    }
  }
  return text;
}

// Method: rows go into a SQLite file as they come, without foreign keys. Those that it refuses the
// memory store must refuse, and both must answer alike over the others, errors' texts included.
TEST(SqliteRowsPropertyTest, AnyRowsGiveTheAnswersOfTheMemoryStore) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  SetLogLevel(LogLevel::kOff);
  std::size_t refused = 0;
  for (int round = 0; round < 30; ++round) {
    const TempDir dir;
    const metadata_db::ManualClock clock;
    const auto sqlite = Must(OpenSqliteStore({.file = dir.path() / "db", .clock = clock}, Soon()));
    MemoryRows rows;
    {
      RawDatabase raw(dir.path() / "db");
      raw.Run("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN");
      while (rows.size() < 40) {
        rows.push_back(RandomRow(random).Make());
        const bool is_let_in = metadata_db::MakeMemoryStore(clock, rows).has_value();
        try {
          raw.Run(InsertText(rows.back()));
          ASSERT_TRUE(is_let_in) << InsertText(rows.back());
        } catch (const std::runtime_error& error) {
          ASSERT_FALSE(is_let_in) << InsertText(rows.back()) << error.what();
          rows.pop_back();
          ++refused;
        }
      }
      raw.Run("COMMIT");
    }
    const auto memory = Must(metadata_db::MakeMemoryStore(clock, rows));
    ASSERT_EQ(ShowAnswers(*Must(sqlite->OpenReader(Soon()))),
              ShowAnswers(*Must(memory->OpenReader(Soon()))))
        << "round " << round;
  }
  SetLogLevel(LogLevel::kInfo);
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
