#include "handler_pool.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "raw_socket.h"
#include "test_server.h"

namespace tidemark::http {
namespace {

using Turn = HandlerPool::Turn;

TEST(HandlerPoolTest, RunsJobsOnAllItsThreadsAtOnce) {
  Gate gate;
  HandlerPool pool(3, 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Eventually([&] {
      HandlerPool::Job job = [&](Turn) { gate.Pass(); };
      return pool.TrySubmit(job);
    }));
  }
  EXPECT_TRUE(Eventually([&] { return gate.waiting() == 3; }));
  gate.Open();
}

TEST(HandlerPoolTest, LeavesAJobAloneWhenTheQueueIsFull) {
  Gate gate;
  std::atomic<int> ran = 0;
  HandlerPool pool(1, 2);
  HandlerPool::Job blocker = [&](Turn) { gate.Pass(); };
  ASSERT_TRUE(pool.TrySubmit(blocker));
  ASSERT_TRUE(Eventually([&] { return gate.waiting() == 1; }));

  for (int i = 0; i < 2; ++i) {
    HandlerPool::Job job = [&](Turn) { ++ran; };
    EXPECT_TRUE(pool.TrySubmit(job));
  }
  HandlerPool::Job refused = [&](Turn) { ran += 100; };
  EXPECT_FALSE(pool.TrySubmit(refused));
  ASSERT_TRUE(refused) << "the job was taken";
  gate.Open();
  EXPECT_TRUE(Eventually([&] { return ran == 2; }));
}

TEST(HandlerPoolTest, StopDropsWhatIsQueuedAndWaitsForWhatRuns) {
  Gate gate;
  std::atomic<int> ran = 0;
  std::atomic<int> dropped = 0;
  HandlerPool pool(1, 10);
  const auto count = [&](Turn turn) { ++(turn == Turn::kRun ? ran : dropped); };
  HandlerPool::Job blocker = [&](Turn turn) {
    gate.Pass();
    count(turn);
  };
  ASSERT_TRUE(pool.TrySubmit(blocker));
  ASSERT_TRUE(Eventually([&] { return gate.waiting() == 1; }));
  for (int i = 0; i < 5; ++i) {
    HandlerPool::Job job = count;
    ASSERT_TRUE(pool.TrySubmit(job));
  }
  std::thread stopper([&] {
    pool.Stop();
    EXPECT_EQ(ran, 1);
  });
  EXPECT_TRUE(Eventually([&] { return dropped == 5; }));
  gate.Open();
  stopper.join();

  HandlerPool::Job late = count;
  EXPECT_FALSE(pool.TrySubmit(late));
}

TEST(HandlerPoolTest, EveryJobTakenIsCalledExactlyOnce) {
  std::atomic<int> taken = 0;
  std::atomic<int> called = 0;
  std::atomic<bool> is_over = false;
  HandlerPool pool(4, 8);
  std::vector<std::thread> submitters;
  for (int i = 0; i < 4; ++i) {
    submitters.emplace_back([&] {
      while (!is_over) {
        HandlerPool::Job job = [&](Turn) { ++called; };
        if (pool.TrySubmit(job)) ++taken;
      }
    });
  }
  EXPECT_TRUE(Eventually([&] { return called > 1000; }));
  pool.Stop();
  is_over = true;
  for (std::thread& submitter : submitters) submitter.join();
  EXPECT_EQ(taken, called);
}

}  // namespace
}  // namespace tidemark::http
