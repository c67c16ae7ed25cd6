// What is not for this worker to write ends at once, and says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tidemark/base/log.h"
#include "world.h"

namespace tidemark::worker {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class WorkerKindsTest : public testing::Test {
 protected:
  WorkerKindsTest() { SetLogLevel(LogLevel::kOff); }
  ~WorkerKindsTest() override { world_.StopWorker(); }

  void ExpectRefused(JobId job, std::string_view code, std::string_view message) {
    world_.WaitForStatus(job, JobStatus::kFatal);
    EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING", "FATAL"));
    const json detail = json::parse(world_.EventDetail(job, JobStatus::kFatal));
    EXPECT_EQ(detail.at("error_code"), code);
    EXPECT_THAT(detail.at("error_message"), HasSubstr(message));
    EXPECT_EQ(detail.at("error_context").at("dataset"), "eth/main");
    // Not even the tables are there.
    EXPECT_TRUE(world_.Segments("blocks").empty());
    EXPECT_EQ(*world_.objects.List(""), std::vector<object_store::ObjectInfo>());
  }

  World world_;
};

TEST_F(WorkerKindsTest, ARawDatasetOfAnotherKindHasNoBlocksHere) {
  world_.chain.Extend(5);
  for (const std::string kind : {"solana", "firehose"}) {
    world_.catalog.kind = kind;
    const JobId job = world_.Deploy(End("4"));
    world_.StartWorker();
    ExpectRefused(
        job, "CREATE_BLOCK_STREAM_CLIENT",
        "eth/main is a raw dataset of kind " + kind + ": this worker has blocks only for");
    world_.StopWorker();
    ASSERT_TRUE(world_.database->DeleteJob(job, Deadline::Never()));
  }
}

TEST_F(WorkerKindsTest, AJobToDeriveIsNotTakenForARawOne) {
  world_.chain.Extend(5);
  const JobId job = world_.DeployJob({.version = MakeVersion("main"),
                                      .end_block = End("4"),
                                      .kind = JobKind::kMaterializeDerived});
  world_.StartWorker();
  ExpectRefused(job, "NOT_A_RAW_DATASET", "a materialize-derived job for eth/main");
}

}  // namespace
}  // namespace tidemark::worker
