#include "tidemark/base/wait.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(WaitForTest, LastsAsLongAsItWasTold) {
  const auto begin = steady_clock::now();
  WaitFor(milliseconds(20), {});
  EXPECT_GE(steady_clock::now() - begin, milliseconds(20));
}

TEST(WaitForTest, ReturnsAtOnceIfTheStopCameBefore) {
  std::stop_source stop;
  stop.request_stop();
  WaitFor(hours(1), stop.get_token());
}

// Method: the stop comes at every moment of the other thread's way into its wait; one that is
// missed shows as a test that hangs.
TEST(WaitForTest, AStopEndsTheWaitWheneverItComes) {
  for (int round = 0; round < 200; ++round) {
    std::jthread waiter([](const std::stop_token& stop) { WaitFor(hours(1), stop); });
    for (int spin = 0; spin < round % 20; ++spin) std::this_thread::yield();
    waiter.request_stop();
  }
}

}  // namespace
}  // namespace tidemark
