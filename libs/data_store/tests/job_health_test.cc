#include "job_health.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "data_lake.h"
#include "stored_rows.h"

namespace tidemark::data_store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a job that nobody knows more of says, at a moment of a test's own choice.
constexpr UtcTime kNow = std::chrono::sys_days{std::chrono::January / 2 / 2026};

JobFacts Facts(JobStatus status, std::uint32_t attempts = 1) {
  JobFacts facts;
  facts.job.id = JobId{7};
  facts.job.node_id = "node";
  facts.job.status = status;
  facts.job.updated_at = kNow - seconds(1);
  facts.job.attempts = attempts;
  facts.worker = metadata_db::WorkerRow{};
  facts.worker->node_id = "node";
  facts.worker->heartbeat_at = kNow;
  return facts;
}

constexpr JobStatus kActive[] = {JobStatus::kScheduled, JobStatus::kRunning,
                                 JobStatus::kStopRequested, JobStatus::kStopping};

TEST(JobHealthTest, AJobThatShouldBeWorkedOnIsAsWellAsItsWorker) {
  for (const JobStatus status : kActive) {
    EXPECT_EQ(JudgeJob(Facts(status), kNow).code, HealthCode::kOk);

    JobFacts silent = Facts(status);
    silent.worker->heartbeat_at = kNow - seconds(5);
    EXPECT_EQ(JudgeJob(silent, kNow).code, HealthCode::kWorkerSilent);

    JobFacts alone = Facts(status);
    alone.worker = std::nullopt;
    const JobHealth health = JudgeJob(alone, kNow);
    EXPECT_EQ(health.code, HealthCode::kNoWorker);
    EXPECT_EQ(health.node_id, "node");
    EXPECT_EQ(health.heartbeat_age, std::nullopt);
  }
}

TEST(JobHealthTest, AWorkerIsSilentFromTheFifthSecondOn) {
  JobFacts facts = Facts(JobStatus::kRunning);
  facts.worker->heartbeat_at = kNow - milliseconds(4999);
  EXPECT_EQ(JudgeJob(facts, kNow).code, HealthCode::kOk);
  EXPECT_EQ(JudgeJob(facts, kNow).heartbeat_age, milliseconds(4999));
  const JobHealth later = JudgeJob(facts, kNow + milliseconds(1));
  EXPECT_EQ(later.code, HealthCode::kWorkerSilent);
  EXPECT_EQ(later.heartbeat_age, milliseconds(5000));
  EXPECT_EQ(later.heartbeat_at, kNow - milliseconds(4999));
  EXPECT_NE(later.detail.find("5 seconds ago"), std::string::npos) << later.detail;
}

TEST(JobHealthTest, AHeartbeatFromTheFutureHasNoNegativeAge) {
  JobFacts facts = Facts(JobStatus::kRunning);
  facts.worker->heartbeat_at = kNow + std::chrono::hours(24 * 365);
  const JobHealth health = JudgeJob(facts, kNow);
  EXPECT_EQ(health.code, HealthCode::kOk);
  EXPECT_EQ(health.heartbeat_age, milliseconds(0));
}

TEST(JobHealthTest, AnEndedJobIsWhatItsStateSaysWhateverItsWorkerDoes) {
  for (const auto& [status, code] : {std::pair(JobStatus::kStopped, HealthCode::kStopped),
                                     std::pair(JobStatus::kCompleted, HealthCode::kCompleted),
                                     std::pair(JobStatus::kFatal, HealthCode::kFailed),
                                     std::pair(JobStatus::kError, HealthCode::kRetrying),
                                     std::pair(JobStatus::kUnknown, HealthCode::kUnknown)}) {
    JobFacts facts = Facts(status);
    facts.worker = std::nullopt;
    const JobHealth health = JudgeJob(facts, kNow);
    EXPECT_EQ(health.code, code);
    EXPECT_FALSE(health.detail.empty());
    EXPECT_EQ(health.job_id, JobId{7});
  }
}

TEST(JobHealthTest, AFailureTellsItsErrorAndOthersDoNot) {
  for (const JobStatus status : {JobStatus::kError, JobStatus::kFatal}) {
    JobFacts facts = Facts(status);
    facts.error = R"({"error_code":"RPC"})";
    EXPECT_EQ(JudgeJob(facts, kNow).error, facts.error);
  }
  EXPECT_EQ(JudgeJob(Facts(JobStatus::kRunning), kNow).error, std::nullopt);
}

TEST(JobHealthTest, AmpTriesAgainAfterTwoToThePowerOfItsAttempts) {
  JobFacts facts = Facts(JobStatus::kError, 3);
  facts.is_amp = true;
  const JobHealth health = JudgeJob(facts, kNow);
  EXPECT_EQ(health.attempts, 3U);
  EXPECT_EQ(health.retry_at, facts.job.updated_at + seconds(8));
}

TEST(JobHealthTest, OurWorkerTriesAgainWithinAMinute) {
  for (const auto& [attempts, wait] : {std::pair(1U, 1), std::pair(4U, 8), std::pair(7U, 60),
                                       std::pair(std::numeric_limits<std::uint32_t>::max(), 60)}) {
    const JobFacts facts = Facts(JobStatus::kError, attempts);
    EXPECT_EQ(JudgeJob(facts, kNow).retry_at, facts.job.updated_at + seconds(wait)) << attempts;
  }
}

TEST(JobHealthTest, ARetryTooFarAwayHasNoTime) {
  EXPECT_EQ(AmpRetryDelay(31), seconds(std::int64_t{1} << 31));
  for (const std::uint32_t attempts :
       {32U, 43U, 44U, 63U, 64U, std::numeric_limits<std::uint32_t>::max()}) {
    JobFacts facts = Facts(JobStatus::kError, attempts);
    facts.is_amp = true;
    const JobHealth health = JudgeJob(facts, kNow);
    EXPECT_EQ(health.code, HealthCode::kRetrying);
    EXPECT_EQ(health.retry_at, std::nullopt) << attempts;
  }
  JobFacts late = Facts(JobStatus::kError, 31);
  late.is_amp = true;
  late.job.updated_at = UtcTime::max() - seconds(1);
  EXPECT_EQ(JudgeJob(late, kNow).retry_at, std::nullopt);
}

class StoredJobHealthTest : public testing::Test {
 protected:
  JobHealth Ask(const StoredRows& rows, std::optional<JobId> writer) {
    auto store = metadata_db::MakeMemoryStore(clock_, rows.rows());
    EXPECT_TRUE(store);
    const auto data = MakeDataStore(**store, clock_);
    const auto snapshot = data->OpenSnapshot(Deadline::Never());
    auto health = data->GetJobHealth(**snapshot, writer);
    EXPECT_TRUE(health);
    return *std::move(health);
  }

  ManualClock clock_;  // 2026-01-02.
};

TEST_F(StoredJobHealthTest, ATableThatNobodyWritesHasNoJob) {
  EXPECT_EQ(Ask({}, std::nullopt).code, HealthCode::kNoJob);
}

TEST_F(StoredJobHealthTest, AWriterThatIsNotThereIsUnknownNotAbsent) {
  EXPECT_EQ(Ask({}, JobId{9}).code, HealthCode::kUnknown);
  EXPECT_EQ(Ask({}, JobId{9}).job_id, JobId{9});
  EXPECT_EQ(Ask(StoredRows().Job(9, "node"), JobId{9}).code, HealthCode::kUnknown);
}

TEST_F(StoredJobHealthTest, TheNodeOfTheStateCountsNotThatOfTheFirstRun) {
  const StoredRows rows = StoredRows()
                              .Worker("old", "2025-01-01 00:00:00+00")
                              .Worker("new", "2026-01-01 23:59:58+00")
                              .Job(9, "old")
                              .Status(9, "new", "RUNNING", "2026-01-01 00:00:00+00")
                              .Event(9, "SCHEDULED", "{}");
  const JobHealth health = Ask(rows, JobId{9});
  EXPECT_EQ(health.code, HealthCode::kOk);
  EXPECT_EQ(health.node_id, "new");
  EXPECT_EQ(health.heartbeat_age, milliseconds(2000));
  EXPECT_EQ(health.attempts, 1U);
}

TEST_F(StoredJobHealthTest, TheErrorIsThatOfTheNewestEventOfThePresentState) {
  StoredRows rows;
  rows.Worker("node", "2026-01-02 00:00:00+00").Job(9, "node");
  rows.Status(9, "node", "ERROR", "2026-01-01 00:00:00+00");
  rows.Event(9, "SCHEDULED", "{}").Event(9, "ERROR", R"({"n":1})");
  rows.Event(9, "SCHEDULED", "{}").Event(9, "ERROR", R"({"n":2})").Event(9, "FATAL", R"({"n":3})");
  const JobHealth health = Ask(rows, JobId{9});
  EXPECT_EQ(health.code, HealthCode::kRetrying);
  EXPECT_EQ(health.attempts, 2U);
  EXPECT_EQ(health.error, R"({"n":2})");
}

TEST_F(StoredJobHealthTest, AFailureWithoutAnEventHasNoError) {
  const StoredRows rows =
      StoredRows().Job(9, "node").Status(9, "node", "FATAL", "2026-01-01 00:00:00+00");
  EXPECT_EQ(Ask(rows, JobId{9}).code, HealthCode::kFailed);
  EXPECT_EQ(Ask(rows, JobId{9}).error, std::nullopt);
}

}  // namespace
}  // namespace tidemark::data_store
