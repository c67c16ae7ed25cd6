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
      EXPECT_TRUE(lake_.memory->TransitionJob(lake_.job, transition, with, Deadline::Never()));
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
