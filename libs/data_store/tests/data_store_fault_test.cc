// Every question with the database failing at its n-th call, for every n. What could not be looked
// up must never read as absent or empty.

#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "data_lake.h"

namespace tidemark::data_store {
namespace {

class DataStoreFaultTest : public testing::Test {
 protected:
  DataStoreFaultTest() {
    lake_.Commit("blocks", "0-9 10-19");
    const std::string detail = R"({"error_code":"X","error_message":"y"})";
    for (const auto& [transition, with] :
         {std::pair(metadata_db::JobTransition::kStart, std::optional<std::string>()),
          std::pair(metadata_db::JobTransition::kFail, std::optional(detail))}) {
      EXPECT_TRUE(lake_.memory->TransitionJob({lake_.job}, transition, with, Deadline::Never()));
    }
  }

  /// Asks with each call failing in turn, until none is left to fail. Each time but the last the
  /// answer must be that failure.
  template <class Answer>
  void FailsAtEachOf(int calls_expected, const std::function<Answer()>& ask) {
    for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kCorruption}) {
      for (int failing = 1; failing <= calls_expected + 1; ++failing) {
        int calls = 0;
        lake_.hooks.before_call = [&]() -> Status {
          if (++calls == failing) return MakeError(code, "made to fail");
          return {};
        };
        const Answer answer = ask();
        if (failing > calls_expected) {
          EXPECT_TRUE(answer) << "more calls than expected";
          EXPECT_EQ(calls, calls_expected);
          continue;
        }
        ASSERT_FALSE(answer) << "call " << failing;
        EXPECT_EQ(answer.error().code, code);
        EXPECT_TRUE(answer.error().message.ends_with("made to fail")) << answer.error().message;
      }
    }
  }

  DataLake lake_;
};

TEST_F(DataStoreFaultTest, ProgressIsAnErrorWhicheverReadFails) {
  using Answer = Result<std::optional<TableProgress>>;
  FailsAtEachOf<Answer>(3, [&] { return lake_.GetProgress("blocks"); });
}

TEST_F(DataStoreFaultTest, WritersAreAnErrorWhicheverReadFails) {
  using Answer = Result<std::vector<TableWriterInfo>>;
  FailsAtEachOf<Answer>(2, [&] { return lake_.GetWriters(); });
}

TEST_F(DataStoreFaultTest, GapsAreAnErrorWhicheverReadFails) {
  FailsAtEachOf<Result<std::optional<TableGaps>>>(3, [&]() -> Result<std::optional<TableGaps>> {
    TIDEMARK_TRY(const auto snapshot, lake_.data->OpenSnapshot(Deadline::Never()));
    return lake_.data->GetTableGaps(*snapshot, lake_.version, "blocks", {});
  });
}

TEST_F(DataStoreFaultTest, HealthIsAnErrorWhicheverReadFails) {
  FailsAtEachOf<Result<JobHealth>>(4, [&]() -> Result<JobHealth> {
    TIDEMARK_TRY(const auto snapshot, lake_.data->OpenSnapshot(Deadline::Never()));
    return lake_.data->GetJobHealth(*snapshot, lake_.job);
  });
}

TEST_F(DataStoreFaultTest, AJobOfASnapshotIsAnErrorWhicheverReadFails) {
  FailsAtEachOf<Result<std::optional<JobInfo>>>(3, [&]() -> Result<std::optional<JobInfo>> {
    TIDEMARK_TRY(const auto snapshot, lake_.data->OpenSnapshot(Deadline::Never()));
    return lake_.data->GetJob(*snapshot, lake_.job);
  });
}

TEST_F(DataStoreFaultTest, TheTablesOfAJobAreAnErrorWhicheverReadFails) {
  FailsAtEachOf<Result<std::vector<TableOfVersion>>>(
      2, [&]() -> Result<std::vector<TableOfVersion>> {
        TIDEMARK_TRY(const auto snapshot, lake_.data->OpenSnapshot(Deadline::Never()));
        return lake_.data->ListTablesWrittenBy(*snapshot, lake_.job);
      });
}

// The specification's error cases, each by its name there.
TEST_F(DataStoreFaultTest, EachErrorCaseOfTheSpecificationCanBeHad) {
  // PhysicalTableNotFound: no error, but nothing.
  const auto not_found = lake_.GetProgress("nowhere");
  ASSERT_TRUE(not_found);
  EXPECT_FALSE(not_found->has_value());

  int calls = 0;
  int failing = 0;
  ErrorCode code = ErrorCode::kUnavailable;
  lake_.hooks.before_call = [&]() -> Status {
    if (++calls == failing) return MakeError(code, "made to fail");
    return {};
  };
  const auto fail = [&](int call, ErrorCode with) {
    calls = 0;
    failing = call;
    code = with;
  };
  fail(2, ErrorCode::kUnavailable);  // MetadataError: the table cannot be looked up.
  EXPECT_EQ(lake_.GetProgress("blocks").error().code, ErrorCode::kUnavailable);
  fail(3, ErrorCode::kCorruption);  // SnapshotFailed: its files cannot be listed.
  const auto snapshot_failed = lake_.GetProgress("blocks");
  ASSERT_FALSE(snapshot_failed);
  EXPECT_EQ(snapshot_failed.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(snapshot_failed.error().message, "table blocks of eth/mainnet: made to fail");
  fail(2, ErrorCode::kUnavailable);  // DatabaseError.
  EXPECT_EQ(lake_.GetWriters().error().code, ErrorCode::kUnavailable);
}

TEST_F(DataStoreFaultTest, AJobIsAnErrorWhicheverReadFails) {
  using Answer = Result<std::optional<JobInfo>>;
  FailsAtEachOf<Answer>(3, [&] { return lake_.jobs->Get(lake_.job, Deadline::Never()); });
}

TEST_F(DataStoreFaultTest, JobsAreAnErrorWhicheverReadFails) {
  using Answer = Result<std::vector<JobInfo>>;
  FailsAtEachOf<Answer>(3, [&] { return lake_.jobs->List({}, Deadline::Never()); });
}

TEST_F(DataStoreFaultTest, WorkersAreAnErrorWhicheverReadFails) {
  using Answer = Result<std::vector<WorkerInfo>>;
  FailsAtEachOf<Answer>(2, [&] { return lake_.jobs->ListWorkers(Deadline::Never()); });
}

TEST_F(DataStoreFaultTest, DeployIsAnErrorWhicheverCallFails) {
  FailsAtEachOf<Result<JobId>>(3, [&] {
    return lake_.jobs->Deploy(MakeDescriptor(lake_.version), std::nullopt, Deadline::Never());
  });
}

TEST_F(DataStoreFaultTest, StopIsAnErrorIfItsCallFails) {
  FailsAtEachOf<Status>(1, [&] { return lake_.jobs->Stop(lake_.job, Deadline::Never()); });
}

}  // namespace
}  // namespace tidemark::data_store
