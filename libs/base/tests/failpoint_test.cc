// The places of this file are there in every build.
#ifndef TIDEMARK_FAILPOINTS
#define TIDEMARK_FAILPOINTS
#endif
#include "tidemark/base/failpoint.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidemark/base/text.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Result<int> MayFail() {
  TIDEMARK_FAILPOINT("test.may_fail");
  return 7;
}

int MayNotFail() {
  TIDEMARK_FAILPOINT_NO_THROW("test.may_not_fail");
  return 7;
}

class FailpointTest : public ::testing::Test {
 protected:
  ~FailpointTest() override { EXPECT_TRUE(ArmFailpoints("")); }
};

/// How a process ends that does this and then nothing more.
int StatusOfProcess(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(3);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

std::string ErrorOf(const std::string& text) {
  const Status armed = ArmFailpoints(text);
  if (armed) return "none";
  EXPECT_EQ(armed.error().code, ErrorCode::kInvalidArgument);
  return armed.error().message;
}

TEST_F(FailpointTest, ThatNobodyArmedDoesNothing) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*MayFail(), 7);
    EXPECT_EQ(MayNotFail(), 7);
  }
}

TEST_F(FailpointTest, ThrowIsAnErrorAtThatHitAndAtNoOther) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw@2"));
  EXPECT_TRUE(MayFail());
  const auto second = MayFail();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), (Error{ErrorCode::kUnavailable, "failpoint test.may_fail"}));
  EXPECT_TRUE(MayFail());
}

TEST_F(FailpointTest, WithoutAHitItIsTheFirst) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw"));
  EXPECT_FALSE(MayFail());
  EXPECT_TRUE(MayFail());
}

TEST_F(FailpointTest, OnlyOneOfManyThreadsIsStruck) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw@50"));
  std::atomic<int> failures = 0;
  {
    const auto pass = [&] {
      for (int turn = 0; turn < 25; ++turn) failures += MayFail() ? 0 : 1;
    };
    const std::jthread one(pass);
    const std::jthread two(pass);
    const std::jthread three(pass);
    const std::jthread four(pass);
  }
  EXPECT_EQ(failures, 1);
}

TEST_F(FailpointTest, KillEndsTheProcessAsByKill9) {
  ASSERT_TRUE(ArmFailpoints("test.may_not_fail=kill@2"));
  const int status = StatusOfProcess([] {
    MayNotFail();
    MayNotFail();
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  EXPECT_EQ(WEXITSTATUS(StatusOfProcess([] { MayNotFail(); })), 3);
}

TEST_F(FailpointTest, DelayHoldsUpTheThread) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=delay:30"));
  const auto began = steady_clock::now();
  EXPECT_TRUE(MayFail());
  EXPECT_GE(steady_clock::now() - began, milliseconds(30));
}

TEST_F(FailpointTest, PauseStopsTheProcessUntilItsTimeIsUp) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=pause:50"));
  const auto began = steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(MayFail() ? 3 : 4);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status)) << status;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3) << status;
  EXPECT_GE(steady_clock::now() - began, milliseconds(50));
}

TEST_F(FailpointTest, APausedProcessCanBeContinuedSooner) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=pause:60000"));
  const auto began = steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(MayFail() ? 3 : 4);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  ASSERT_EQ(::kill(child, SIGCONT), 0);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3) << status;
  EXPECT_LT(steady_clock::now() - began, milliseconds(30'000));
}

TEST_F(FailpointTest, SeveralAreArmedAtOnce) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw@1;test.may_not_fail=delay:20@1;"));
  const auto began = steady_clock::now();
  MayNotFail();
  EXPECT_GE(steady_clock::now() - began, milliseconds(20));
  EXPECT_FALSE(MayFail());
}

TEST_F(FailpointTest, ArmingTakesAwayWhatWasArmedAndForgetsHits) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw@2"));
  EXPECT_TRUE(MayFail());
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw@2"));
  EXPECT_TRUE(MayFail());
  ASSERT_TRUE(ArmFailpoints("test.may_not_fail=delay:1"));
  EXPECT_TRUE(MayFail());
}

/// At which hit a draw strikes.
std::uint64_t DrawnHit(const std::string& hit) {
  EXPECT_TRUE(ArmFailpoints("test.may_fail=throw@" + hit));
  for (std::uint64_t i = 1; i <= 5; ++i) {
    if (!MayFail()) return i;
  }
  return 0;
}

TEST_F(FailpointTest, ARandomHitIsWithinItsBoundAndASeedRepeatsIt) {
  std::set<std::uint64_t> drawn;
  for (int seed = 0; seed < 100; ++seed) {
    const std::string hit = fmt::format("random:5:{}", seed);
    const std::uint64_t first = DrawnHit(hit);
    EXPECT_EQ(DrawnHit(hit), first) << seed;
    drawn.insert(first);
  }
  EXPECT_EQ(drawn, (std::set<std::uint64_t>{1, 2, 3, 4, 5}));
}

TEST_F(FailpointTest, TheLogTellsTheSeedOfADraw) {
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw@random:1000000"));
  const std::string line = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(line, HasSubstr("event=failpoint_armed name=test.may_fail action=throw hit="));
  const std::string seed = line.substr(line.find("seed=") + 5);
  EXPECT_TRUE(ParseDecimal<std::uint64_t>(seed.substr(0, seed.find('\n')))) << line;
}

TEST_F(FailpointTest, WhatIsWrongIsNamedAndChangesNothing) {
  ASSERT_TRUE(ArmFailpoints("test.may_fail=throw@1"));
  for (const char* text : {"test.may_fail",
                           "test.may_fail=",
                           "test.may_fail=explode",
                           "test.may_fail=kill:5",
                           "test.may_fail=throw:5",
                           "test.may_fail=delay",
                           "test.may_fail=delay:",
                           "test.may_fail=delay:0",
                           "test.may_fail=delay:60001",
                           "test.may_fail=pause:x",
                           "test.may_fail=throw@",
                           "test.may_fail=throw@0",
                           "test.may_fail=throw@-1",
                           "test.may_fail=throw@x",
                           "test.may_fail=throw@random",
                           "test.may_fail=throw@random:",
                           "test.may_fail=throw@random:0",
                           "test.may_fail=throw@random:5:",
                           "test.may_fail=throw@random:5:x",
                           "test.may_fail=throw@1@2",
                           " test.may_fail=throw"}) {
    EXPECT_THAT(ErrorOf(std::string("test.may_not_fail=delay:1;") + text), HasSubstr(text));
  }
  EXPECT_FALSE(MayFail()) << "the order of before is gone";
}

TEST_F(FailpointTest, AnUnknownNameIsAnErrorThatNamesTheKnownOnes) {
  EXPECT_THAT(ErrorOf("test.may_fial=kill"),
              HasSubstr("there is no failpoint 'test.may_fial'; there are"));
  EXPECT_THAT(ErrorOf("test.may_fial=kill"), HasSubstr("test.may_fail, test.may_not_fail"));
  EXPECT_THAT(FailpointNames(), Contains("test.may_not_fail"));
  EXPECT_THAT(FailpointNames(), Not(Contains("test.may_fial")));
}

TEST_F(FailpointTest, NothingFailsWhereNothingCan) {
  EXPECT_THAT(ErrorOf("test.may_not_fail=throw"), HasSubstr("nothing can fail there"));
}

TEST_F(FailpointTest, ANameThatComesTwiceIsAnError) {
  EXPECT_THAT(ErrorOf("test.may_fail=kill@1;test.may_fail=kill@2"), HasSubstr("twice"));
}

TEST_F(FailpointTest, TheEnvironmentArms) {
  ::setenv("TIDEMARK_FAILPOINTS", "test.may_fail=throw", 1);
  EXPECT_TRUE(ArmFailpointsFromEnvironment());
  EXPECT_FALSE(MayFail());
  ::setenv("TIDEMARK_FAILPOINTS", "nonsense", 1);
  const Status armed = ArmFailpointsFromEnvironment();
  ASSERT_FALSE(armed);
  EXPECT_THAT(armed.error().message, HasSubstr("TIDEMARK_FAILPOINTS: 'nonsense'"));
  ::unsetenv("TIDEMARK_FAILPOINTS");
  EXPECT_TRUE(ArmFailpointsFromEnvironment());
}

}  // namespace
}  // namespace tidemark
