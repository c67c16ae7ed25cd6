#include <limits>

#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using metadata_db::JobTransition;
using metadata_db::NewFile;

const Deadline kNever = Deadline::Never();
constexpr std::uint64_t kMaxBlock = std::numeric_limits<std::uint64_t>::max();

BlockHash HashOf(std::uint8_t byte) {
  BlockHash hash;
  hash.bytes.fill(byte);
  return hash;
}

class ProgressTest : public ApiFixture {
 protected:
  ProgressTest() {
    RegisterEth();
    StartWorker();
  }

  /// Deploys and starts the job, which then owns `tables`.
  void Start(const std::vector<std::string>& tables) {
    job_ = Deploy();
    ASSERT_TRUE(memory_->TransitionJob({job_}, JobTransition::kStart, std::nullopt, kNever));
    const auto version = datasets_->Resolve({"eth", "mainnet"}, LatestRevision{}, kNever)->version;
    std::vector<metadata_db::TableToWrite> wanted;
    for (const std::string& table : tables) wanted.push_back({table, "mainnet/" + table});
    const auto rows = memory_->AcquireTables(version, {job_}, wanted, kNever);
    ASSERT_TRUE(rows) << rows.error().message;
    for (const auto& row : *rows) locations_[row.table_name] = *row.active_revision;
  }

  struct File {
    std::uint64_t first;
    std::uint64_t last;
    std::uint8_t hash;
    std::uint8_t prev_hash;
    std::optional<std::uint64_t> timestamp_s = 1'438'269'988;
    std::string network = "mainnet";
  };
  void Commit(const std::string& table, const File& file) {
    const std::string name = table + std::to_string(file.first) + ".parquet";
    const SegmentMetadata metadata{
        .table = table,
        .filename = name,
        .created_at = clock_.now,
        .ranges = {{.network = file.network,
                    .blocks = *BlockRange::Make({file.first}, {file.last}),
                    .hash = HashOf(file.hash),
                    .prev_hash = HashOf(file.prev_hash),
                    .timestamp_s = file.timestamp_s}}};
    NewFile row{.location_id = locations_.at(table),
                .file_name = name,
                .metadata = PrintSegmentMetadata(metadata),
                .object_size = 1000,
                .object_e_tag = std::nullopt,
                .url = "file:///data/",
                .footer = "PAR1"};
    const auto committed = memory_->CommitFiles({job_}, {row}, kNever);
    ASSERT_TRUE(committed) << committed.error().message;
  }

  Answer GetTable(const std::string& table) {
    return Get(version_path_ + "/tables/" + table + "/progress");
  }

  const std::string version_path_ = "/datasets/eth/mainnet/versions/latest";
  JobId job_;
  std::map<std::string, LocationId> locations_;
};

TEST_F(ProgressTest, ADatasetThatNobodyWritesHasNullsAndNoFiles) {
  const std::string hash = Get(version_path_).body.at("manifest_hash");
  const auto table = [](const std::string& name) {
    return R"({"table_name":")" + name +
           R"(","current_block":null,"start_block":null,"job_id":null,"job_status":null,)"
           R"("files_count":0,"total_size_bytes":0,"job_state":null,"ranges":[],)"
           R"("revision_id":null,"reorg_epoch":null,"version":null,"problems":[]})";
  };
  EXPECT_EQ(Get(version_path_ + "/progress").text,
            R"({"dataset_namespace":"eth","dataset_name":"mainnet","revision":"latest",)"
            R"("manifest_hash":")" +
                hash + R"(","tables":[)" + table("blocks") + "," + table("transactions") + "," +
                table("logs") + "]}");
}

TEST_F(ProgressTest, ProgressIsThatOfTheCommittedFiles) {
  Start({"blocks", "transactions", "logs"});
  Commit("blocks", {.first = 0, .last = 9, .hash = 1, .prev_hash = 0});
  Commit("blocks", {.first = 10, .last = 14, .hash = 2, .prev_hash = 1});
  const Answer answer = GetTable("blocks");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.at("start_block"), 0);
  EXPECT_EQ(answer.body.at("current_block"), 14);
  EXPECT_EQ(answer.body.at("files_count"), 2);
  EXPECT_EQ(answer.body.at("total_size_bytes"), 2000);
  EXPECT_EQ(answer.body.at("job_id"), job_.value);
  EXPECT_EQ(answer.body.at("job_status"), "RUNNING");
  EXPECT_EQ(answer.body.at("job_state"), "RUNNING");
  EXPECT_EQ(answer.body.at("revision_id"), locations_.at("blocks").value);
  EXPECT_EQ(answer.body.at("ranges").dump(),
            R"([{"network":"mainnet","start":0,"end":14,"hash":")" + ToHex(HashOf(2)) +
                R"(","timestamp":1438269988}])");
}

TEST_F(ProgressTest, TheDatasetsAnswerHoldsTheTablesAnswersInItsOrder) {
  Start({"logs", "blocks"});
  Commit("logs", {.first = 0, .last = 4, .hash = 1, .prev_hash = 0});
  const auto tables = Get(version_path_ + "/progress").body.at("tables");
  ASSERT_EQ(tables.size(), 3U);
  std::size_t i = 0;
  for (const std::string table : {"blocks", "transactions", "logs"}) {
    EXPECT_EQ(tables[i++].dump(), GetTable(table).text);
  }
  EXPECT_TRUE(tables[0].at("current_block").is_null());
  EXPECT_EQ(tables[0].at("job_id"), job_.value);
  EXPECT_TRUE(tables[1].at("job_id").is_null());
  EXPECT_EQ(tables[2].at("current_block"), 4);
}

TEST_F(ProgressTest, EveryCommitRaisesTheVersion) {
  Start({"blocks"});
  const std::uint64_t before = GetTable("blocks").body.at("version");
  Commit("blocks", {.first = 0, .last = 9, .hash = 1, .prev_hash = 0});
  EXPECT_GT(GetTable("blocks").body.at("version").get<std::uint64_t>(), before);
}

TEST_F(ProgressTest, NumbersAreExactToTheLastBlock) {
  Start({"blocks"});
  Commit("blocks",
         {.first = 0, .last = kMaxBlock, .hash = 1, .prev_hash = 0, .timestamp_s = kMaxBlock});
  const Answer answer = GetTable("blocks");
  EXPECT_EQ(answer.body.at("current_block").get<std::uint64_t>(), kMaxBlock);
  EXPECT_EQ(answer.body.at("ranges").at(0).at("timestamp").get<std::uint64_t>(), kMaxBlock);
  EXPECT_NE(answer.text.find("18446744073709551615"), std::string::npos);
}

TEST_F(ProgressTest, ATimestampThatTheFileLacksIsNull) {
  Start({"blocks"});
  Commit("blocks", {.first = 0, .last = 1, .hash = 1, .prev_hash = 0, .timestamp_s = std::nullopt});
  EXPECT_TRUE(GetTable("blocks").body.at("ranges").at(0).at("timestamp").is_null());
}

TEST_F(ProgressTest, JobStatusSpeaksTheSpecificationsWordsAndJobStateTheStoredOnes) {
  Start({"blocks"});
  ASSERT_TRUE(memory_->TransitionJob({job_}, JobTransition::kFail, "{}", kNever));
  EXPECT_EQ(GetTable("blocks").body.at("job_status"), "FAILED");
  EXPECT_EQ(GetTable("blocks").body.at("job_state"), "ERROR");
}

TEST_F(ProgressTest, TheRateIsThereOnlyIfItIsAskedFor) {
  Start({"blocks"});
  EXPECT_FALSE(GetTable("blocks").body.contains("rate"));
  EXPECT_TRUE(
      Get(version_path_ + "/tables/blocks/progress?include=rate").body.at("rate").is_null());
  Commit("blocks", {.first = 0, .last = 9, .hash = 1, .prev_hash = 0});
  clock_.now += std::chrono::seconds(30);
  Commit("blocks", {.first = 10, .last = 14, .hash = 2, .prev_hash = 1});
  EXPECT_FALSE(GetTable("blocks").body.contains("rate"));
  const auto tables = Get(version_path_ + "/progress?include=rate").body.at("tables");
  const auto& rate = tables.at(0).at("rate");
  EXPECT_GT(rate.at("blocks_per_second").get<double>(), 0);
  EXPECT_EQ(rate.at("last_commit_at"), "2026-01-02T03:04:35.678901+00:00");
  EXPECT_TRUE(tables.at(2).at("rate").is_null());
}

TEST_F(ProgressTest, ATableThatTheDatasetLacksIsNotFound) {
  for (const std::string table : {"Blocks", "nope", "block", "_", "a$"}) {
    const Answer answer = GetTable(table);
    EXPECT_EQ(answer.status, 404) << table;
    EXPECT_EQ(answer.error_code(), "TABLE_NOT_FOUND");
  }
  EXPECT_EQ(GetTable("%62locks").status, 200);
  EXPECT_EQ(Get("/datasets/eth/mainnet/versions/9.9.9/tables/nope/progress").error_code(),
            "DATASET_NOT_FOUND");
}

TEST_F(ProgressTest, TheRevisionIsRepeatedAsItWasAskedFor) {
  std::string hash = Get(version_path_).body.at("manifest_hash");
  for (char& c : hash) c = static_cast<char>(std::toupper(c));
  const Answer answer = Get("/datasets/eth/mainnet/versions/" + hash + "/progress");
  EXPECT_EQ(answer.body.at("revision"), hash);
  EXPECT_NE(answer.body.at("manifest_hash"), hash);
}

TEST_F(ProgressTest, AHeadRequestIsAnswered) {
  EXPECT_EQ(Ask({http::Method::kHead, version_path_ + "/progress"}).status, 200);
}

// Method: let the n-th call to the database and all that follow fail, for every n.
TEST_F(ProgressTest, WhereverTheDatabaseFailsTheAnswerIs503) {
  Start({"blocks"});
  Commit("blocks", {.first = 0, .last = 9, .hash = 1, .prev_hash = 0});
  const std::string good = Get(version_path_ + "/progress").text;
  bool has_failed = false;
  for (int n = 0;; ++n) {
    metadata_.calls = 0;
    metadata_.first_failing_call = n;
    const Answer answer = Get(version_path_ + "/progress");
    if (answer.status == 200) {
      EXPECT_EQ(answer.text, good);
      break;
    }
    has_failed = true;
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.error_code(), "SERVICE_UNAVAILABLE");
    EXPECT_FALSE(answer.body.contains("tables"));
  }
  EXPECT_TRUE(has_failed);
}

// Answers like `target`, counts snapshots, and fails one table's progress.
class WatchedData final : public data_store::DataStore {
 public:
  explicit WatchedData(data_store::DataStore& target) : target_(target) {}

  int snapshots = 0;
  std::string failing_table;
  Error failure{ErrorCode::kCorruption, "file 7 of /secret/blocks cannot be read"};
  bool fails_writers = false;
  std::string asked_for;

  Result<std::unique_ptr<data_store::Snapshot>> OpenSnapshot(Deadline deadline) override {
    ++snapshots;
    return target_.OpenSnapshot(deadline);
  }
  Result<std::optional<data_store::TableProgress>> GetTableProgress(
      data_store::Snapshot& snapshot, const DatasetVersion& version, std::string_view table_name,
      const data_store::ProgressRules& rules) override {
    if (table_name == failing_table) return std::unexpected(failure);
    asked_for += "progress ";
    return target_.GetTableProgress(snapshot, version, table_name, rules);
  }
  Result<std::vector<data_store::TableWriterInfo>> GetTablesWriterInfo(
      data_store::Snapshot& snapshot, const DatasetVersion& version) override {
    if (fails_writers) return std::unexpected(failure);
    return target_.GetTablesWriterInfo(snapshot, version);
  }
  Result<std::optional<data_store::TableGaps>> GetTableGaps(
      data_store::Snapshot& snapshot, const DatasetVersion& version, std::string_view table_name,
      const data_store::ProgressRules& rules) override {
    return target_.GetTableGaps(snapshot, version, table_name, rules);
  }
  Result<std::optional<data_store::TableRows>> GetTableRows(
      data_store::Snapshot& snapshot, const DatasetVersion& version, std::string_view table_name,
      const data_store::ProgressRules& rules) override {
    asked_for += "rows ";
    return target_.GetTableRows(snapshot, version, table_name, rules);
  }
  Result<std::optional<data_store::JobInfo>> GetJob(data_store::Snapshot& snapshot,
                                                    JobId id) override {
    return target_.GetJob(snapshot, id);
  }
  Result<std::vector<data_store::TableOfVersion>> ListTablesWrittenBy(
      data_store::Snapshot& snapshot, JobId id) override {
    return target_.ListTablesWrittenBy(snapshot, id);
  }
  Result<data_store::JobHealth> GetJobHealth(data_store::Snapshot& snapshot,
                                             std::optional<JobId> writer) override {
    return target_.GetJobHealth(snapshot, writer);
  }

 private:
  data_store::DataStore& target_;
};

TEST_F(ProgressTest, AnAnswerIsTakenFromOneSnapshot) {
  WatchedData data(*data_);
  router_ = MakeRouter({data, *jobs_, *datasets_, *providers_, *revisions_, heads_});
  EXPECT_EQ(Get(version_path_ + "/progress").status, 200);
  EXPECT_EQ(data.snapshots, 1);
  EXPECT_EQ(GetTable("logs").status, 200);
  EXPECT_EQ(data.snapshots, 2);
}

TEST_F(ProgressTest, RowsAreReadLastSoThatTheyTakeNobodysTime) {
  Start({"blocks", "logs"});  // Of the third table there is nothing to count.
  WatchedData data(*data_);
  router_ = MakeRouter({data, *jobs_, *datasets_, *providers_, *revisions_, heads_});
  EXPECT_EQ(Get(version_path_ + "/progress?include=rows").status, 200);
  EXPECT_EQ(data.snapshots, 1);
  EXPECT_EQ(data.asked_for, "progress progress progress rows rows ");
}

TEST_F(ProgressTest, ATableThatCannotBeReadIs500WithoutInternals) {
  WatchedData data(*data_);
  router_ = MakeRouter({data, *jobs_, *datasets_, *providers_, *revisions_, heads_});
  data.failing_table = "transactions";
  const Answer answer = Get(version_path_ + "/progress");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.error_code(), "GET_SYNC_PROGRESS_ERROR");
  EXPECT_THAT(answer.text, testing::Not(testing::HasSubstr("secret")));
  EXPECT_EQ(GetTable("blocks").status, 200);

  data.fails_writers = true;
  data.failure.code = ErrorCode::kUnavailable;
  EXPECT_EQ(GetTable("blocks").status, 503);
}

}  // namespace
}  // namespace tidemark::admin_api
