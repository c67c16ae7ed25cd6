#include "tidemark/base/fair_semaphore.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Deadline Soon() { return Deadline::After(seconds(30)); }
Deadline Passed() { return Deadline::After(milliseconds(-1)); }

TEST(FairSemaphoreTest, AFreePlaceIsTakenEvenAfterTheDeadline) {
  FairSemaphore places(2);
  EXPECT_TRUE(places.Acquire(Passed()));
  EXPECT_TRUE(places.Acquire(Passed()));
  EXPECT_FALSE(places.Acquire(Passed()));
  places.Release();
  EXPECT_TRUE(places.Acquire(Passed()));
}

TEST(FairSemaphoreTest, OneThatHasGivenUpIsPassedOver) {
  FairSemaphore places(1);
  ASSERT_TRUE(places.Acquire(Soon()));
  EXPECT_FALSE(places.Acquire(Deadline::After(milliseconds(5))));
  places.Release();
  EXPECT_TRUE(places.Acquire(Passed()));
}

// Method: whoever gives the place back asks for it again at once, which is when a waiter that has
// only been told to look would find it gone.
TEST(FairSemaphoreTest, APlaceGoesToTheOneWhoWaitsAndNotToTheOneWhoGaveItBack) {
  FairSemaphore places(1);
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(places.Acquire(Soon()));
    std::jthread waiter([&] { EXPECT_TRUE(places.Acquire(Soon())); });
    while (places.waiting() == 0) std::this_thread::yield();
    places.Release();
    const bool was_overtaken = places.Acquire(Passed());
    if (was_overtaken) places.Release();
    ASSERT_FALSE(was_overtaken) << "round " << round;
    waiter.join();
    places.Release();
  }
}

TEST(FairSemaphoreTest, NeverMoreThanItsPlacesAndNoneIsLost) {
  constexpr std::size_t kPlaces = 3;
  FairSemaphore places(kPlaces);
  std::atomic<std::size_t> inside = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int turn = 0; turn < 500; ++turn) {
        // Some give up while a place is being handed to them.
        const bool is_hasty = (turn + i) % 3 == 0;
        if (!places.Acquire(is_hasty ? Deadline::After(std::chrono::microseconds(20)) : Soon())) {
          continue;
        }
        EXPECT_LE(++inside, kPlaces);
        --inside;
        places.Release();
      }
    });
  }
  threads.clear();
  for (std::size_t i = 0; i < kPlaces; ++i) EXPECT_TRUE(places.Acquire(Passed()));
  EXPECT_FALSE(places.Acquire(Passed()));
}

}  // namespace
}  // namespace tidemark
