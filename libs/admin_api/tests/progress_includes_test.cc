// Parts of the progress answer that are there on request: gaps, health, head.

#include <gmock/gmock.h>

#include "progress.h"
#include "progress_world.h"
#include "segment_notation.h"

namespace tidemark::admin_api {
namespace {

using chain_heads::HeadProblemCode;
using metadata_db::JobTransition;
using std::chrono::seconds;

class ProgressIncludesTest : public ProgressWorld {
 protected:
  nlohmann::ordered_json Include(const std::string& part, const DatasetVersion& version,
                                 const std::string& table) {
    return AskTable(version, table, "?include=" + part).body.at(part);
  }

  void KnowHead(const std::string& network, std::uint64_t latest, std::uint64_t finalized) {
    const auto report = [&](std::uint64_t number) {
      chain_heads::HeadReport head;
      head.head = ObservedHead{.head = {.number = {number}, .hash = {}, .timestamp_s = 1'700'000},
                               .observed_at = clock_.now - seconds(2)};
      head.source = "provider-1";
      return head;
    };
    heads_.networks.push_back(
        {.network = network, .latest = report(latest), .finalized = report(finalized)});
  }
};

TEST_F(ProgressIncludesTest, NothingIsThereUnlessItIsAskedFor) {
  const Answer answer = AskTable(eth_, "blocks");
  for (const char* part :
       {"rate", "gaps", "health", "head", "rows", "rows_reason", "rows_detail"}) {
    EXPECT_FALSE(answer.body.contains(part)) << part;
  }
  EXPECT_EQ(AskTable(eth_, "blocks", "?include=").text, answer.text);
  const Answer all = AskTable(eth_, "blocks", "?include=head,gaps,rate,health,rows,gaps");
  for (const char* part :
       {"rate", "gaps", "health", "head", "rows", "rows_reason", "rows_detail"}) {
    EXPECT_TRUE(all.body.contains(part)) << part;
  }
}

TEST_F(ProgressIncludesTest, APartThatIsNotThereIs400AndTheAnswerNamesTheParts) {
  for (const std::string bad : {"gap", "rate,", "rate,x", "Rate", " rate", "gaps,,rate"}) {
    const Answer answer = AskTable(eth_, "blocks", "?include=" + bad);
    if (bad == "rate,") {
      EXPECT_EQ(answer.status, 200);
      continue;
    }
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_EQ(answer.error_code(), "INVALID_QUERY_PARAMETERS");
    EXPECT_THAT(answer.text, testing::HasSubstr("rate, gaps, health, head and rows"));
  }
}

TEST_F(ProgressIncludesTest, GapsAreNullWithoutAnActiveRevision) {
  EXPECT_TRUE(Include("gaps", eth_, "blocks").is_null());
}

TEST_F(ProgressIncludesTest, GapsListWhatIsOffTheChainAndWhatIsMissing) {
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9@1=1 5-12b=2 20-29=4 0-9=8");
  const auto gaps = Include("gaps", eth_, "blocks");
  EXPECT_EQ(gaps.at("missing").dump(), R"([{"network":"net","start":13,"end":19}])");
  EXPECT_EQ(gaps.at("missing_count"), 1);
  EXPECT_EQ(gaps.at("forks").at(0).at("ranges").at(0).at("start"), 5);
  EXPECT_EQ(gaps.at("forks").at(0).at("total_size_bytes"), 2);
  EXPECT_EQ(gaps.at("islands").at(0).at("ranges").at(0).at("end"), 29);
  EXPECT_EQ(gaps.at("islands_files_count"), 1);
  EXPECT_EQ(gaps.at("superseded_files_count"), 1);
}

TEST_F(ProgressIncludesTest, GapsTellThatOnlyTheStartBlockIsMissing) {
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "1-9=7");
  const Answer answer = AskTable(eth_, "blocks", "?include=gaps");
  EXPECT_TRUE(answer.body.at("current_block").is_null());
  EXPECT_EQ(answer.body.at("files_count"), 0);
  EXPECT_EQ(answer.body.at("gaps").at("missing").dump(),
            R"([{"network":"net","start":0,"end":0}])");
  EXPECT_EQ(answer.body.at("gaps").at("islands_size_bytes"), 7);
}

TEST_F(ProgressIncludesTest, RowsAreThoseOfTheFilesOfTheChain) {
  const Answer none = AskTable(eth_, "blocks", "?include=rows");
  EXPECT_EQ(none.body.at("rows"), 0) << "there is no file";
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9@1=1 5-12b=2 10-19=9007199254740993 20-29=4 0-9=8");
  const Answer answer = AskTable(eth_, "blocks", "?include=rows");
  EXPECT_EQ(answer.body.at("rows"), 9007199254740998);
  EXPECT_TRUE(answer.body.at("rows_reason").is_null());
  EXPECT_TRUE(answer.body.at("rows_detail").is_null());
  const Answer of_dataset = Get(PathOf(eth_) + "/progress?include=rows");
  EXPECT_EQ(of_dataset.body.at("tables").at(0).at("rows"), 9007199254740998);
  EXPECT_EQ(of_dataset.body.at("tables").at(1).at("rows"), 0);
  nlohmann::ordered_json rest = answer.body;
  for (const char* part : {"rows", "rows_reason", "rows_detail"}) rest.erase(part);
  EXPECT_EQ(rest, AskTable(eth_, "blocks").body);
}

TEST_F(ProgressIncludesTest, RowsThatAreNotKnownAreNullWithAReason) {
  const JobId job = Schedule(eth_);
  const LocationId location = Fill(eth_, "blocks", job, "0-9=1");
  Fill(eth_, "logs", job, "0-9=7");
  // Its name is not that which its metadata, and so its footer, gives.
  const auto next = chain::ReadSegments("10-19").front();
  AddRow(location, PrintSegmentMetadata({.table = "blocks",
                                         .filename = "another.parquet",
                                         .created_at = next.created_at,
                                         .ranges = next.ranges}));
  const Answer answer = AskTable(eth_, "blocks", "?include=rows");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.at("current_block"), 19);
  EXPECT_TRUE(answer.body.at("rows").is_null());
  EXPECT_EQ(answer.body.at("rows_reason"), "FOOTER_UNREADABLE");
  EXPECT_THAT(answer.body.at("rows_detail"), testing::HasSubstr("another.parquet"));
  const Answer of_dataset = Get(PathOf(eth_) + "/progress?include=rows");
  for (const auto& table : of_dataset.body.at("tables")) {
    const std::string name = table.at("table_name");
    EXPECT_EQ(table.at("rows").dump(), name == "blocks" ? "null" : name == "logs" ? "7" : "0");
  }
}

// An answer may be kept only if nothing but a change of the database makes it another.
TEST_F(ProgressIncludesTest, AnAnswerWithoutAKnownNumberOfRowsDependsOnMoreThanTheDatabase) {
  const JobId job = Schedule(eth_);
  const LocationId location = Fill(eth_, "blocks", job, "0-9=1");
  const auto read_from = [&](const std::string& include) {
    http::Request request;
    request.path_params = {{"namespace", eth_.dataset.ns},
                           {"name", eth_.dataset.name},
                           {"revision", eth_.manifest_hash.hex}};
    request.query = {{"include", include}};
    return GetDatasetProgress(MakeServices(), request).value().read_from;
  };
  EXPECT_TRUE(read_from("rows").has_value());
  const auto next = chain::ReadSegments("10-19").front();
  AddRow(location, PrintSegmentMetadata({.table = "blocks",
                                         .filename = "another.parquet",
                                         .created_at = next.created_at,
                                         .ranges = next.ranges}));
  EXPECT_FALSE(read_from("rows").has_value());
  EXPECT_TRUE(read_from("gaps").has_value());
}

TEST_F(ProgressIncludesTest, HealthFollowsTheHeartbeatAndTheStateBesideIt) {
  EXPECT_EQ(Include("health", eth_, "blocks").at("code"), "NO_JOB");
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9");
  auto health = Include("health", eth_, "blocks");
  EXPECT_EQ(health.at("code"), "OK");
  EXPECT_EQ(health.at("node_id"), "worker-1");
  EXPECT_EQ(health.at("heartbeat_age_ms"), 0);

  Transition(job, JobTransition::kStart);
  clock_.now += seconds(6);
  const Answer silent = AskTable(eth_, "blocks", "?include=health");
  EXPECT_EQ(silent.body.at("job_status"), "RUNNING") << "the status stays what is stored";
  EXPECT_EQ(silent.body.at("health").at("code"), "WORKER_SILENT");
  EXPECT_EQ(silent.body.at("health").at("heartbeat_age_ms"), 6000);

  Transition(job, JobTransition::kFail, R"({"error_code":"RPC_ERROR"})");
  health = Include("health", eth_, "blocks");
  EXPECT_EQ(health.at("code"), "RETRYING");
  EXPECT_EQ(health.at("attempts"), 1);
  EXPECT_EQ(health.at("retry_at"), FormatRfc3339(clock_.now + seconds(1)));
  EXPECT_EQ(health.at("error").at("error_code"), "RPC_ERROR");
}

TEST_F(ProgressIncludesTest, AHeadIsThatOfTheTablesNetworkWithItsLag) {
  KnowHead("net", 25, 15);
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9");
  const auto heads = Include("head", eth_, "blocks");
  ASSERT_EQ(heads.size(), 1U);
  EXPECT_EQ(heads[0].at("network"), "net");
  EXPECT_EQ(heads[0].at("tag"), "latest");
  EXPECT_EQ(heads[0].at("number"), 25);
  EXPECT_EQ(heads[0].at("lag"), 16);
  EXPECT_EQ(heads[0].at("age_ms"), 2000);
  EXPECT_EQ(heads[0].at("source"), "provider-1");
  EXPECT_TRUE(heads[0].at("reason").is_null());
}

TEST_F(ProgressIncludesTest, ALagIsNeverNegative) {
  KnowHead("net", 5, 5);
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9");
  EXPECT_EQ(Include("head", eth_, "blocks")[0].at("lag"), 0);
}

TEST_F(ProgressIncludesTest, ATableWithoutBlocksHasTheHeadOfItsDatasetsNetworkAndNoLag) {
  KnowHead("mainnet", 25, 15);
  const auto heads = Include("head", eth_, "blocks");
  ASSERT_EQ(heads.size(), 1U);
  EXPECT_EQ(heads[0].at("network"), "mainnet");
  EXPECT_EQ(heads[0].at("number"), 25);
  EXPECT_TRUE(heads[0].at("lag").is_null());
}

TEST_F(ProgressIncludesTest, AHeadThatIsNotKnownIsNullWithAReason) {
  const auto unknown = Include("head", eth_, "blocks");
  EXPECT_TRUE(unknown[0].at("number").is_null());
  EXPECT_TRUE(unknown[0].at("lag").is_null());
  EXPECT_EQ(unknown[0].at("reason"), "NO_PROVIDER");

  chain_heads::HeadReport down;
  down.problem = {.code = HeadProblemCode::kProviderUnreachable, .detail = "it did not answer"};
  down.source = "provider-1";
  heads_.networks.push_back({.network = "mainnet", .latest = down, .finalized = down});
  const auto heads = Include("head", eth_, "blocks");
  EXPECT_TRUE(heads[0].at("number").is_null());
  EXPECT_TRUE(heads[0].at("age_ms").is_null());
  EXPECT_EQ(heads[0].at("reason"), "PROVIDER_UNREACHABLE");
  EXPECT_EQ(heads[0].at("detail"), "it did not answer");
}

TEST_F(ProgressIncludesTest, ADatasetOfFinalizedBlocksIsHeldAgainstTheFinalizedHead) {
  KnowHead("mainnet", 25, 15);
  const nlohmann::json body = {
      {"namespace", "eth"},
      {"name", "finalized"},
      {"version", "1.0.0"},
      {"manifest", {{"kind", "evm-rpc"}, {"network", "mainnet"}, {"finalized_blocks_only", true}}}};
  ASSERT_EQ(Post("/datasets", body.dump()).status, 201);
  const auto answer = Get("/datasets/eth/finalized/versions/1.0.0/progress?include=head");
  const auto& head = answer.body.at("tables").at(0).at("head").at(0);
  EXPECT_EQ(head.at("tag"), "finalized");
  EXPECT_EQ(head.at("number"), 15);
}

TEST_F(ProgressIncludesTest, ATableOfSeveralNetworksHasAHeadForEach) {
  KnowHead("a", 100, 100);
  const DatasetVersion derived = RegisterDerived("derived");
  Fill(derived, "mini", Schedule(derived), "a:0-9+b:0-19");
  const auto heads = Include("head", derived, "mini");
  ASSERT_EQ(heads.size(), 2U);
  EXPECT_EQ(heads[0].at("lag"), 91);
  EXPECT_EQ(heads[1].at("network"), "b");
  EXPECT_EQ(heads[1].at("reason"), "NO_PROVIDER");
  // Nothing says which networks a derived dataset without blocks will have.
  EXPECT_TRUE(Include("head", RegisterDerived("empty"), "mini").empty());
}

}  // namespace
}  // namespace tidemark::admin_api
