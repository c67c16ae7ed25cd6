// One seed for all random tests of a run.
#pragma once

#include <cstdint>
#include <random>

#include <gtest/gtest.h>

namespace tidemark {

/// GTEST_RANDOM_SEED, or a seed of the run's own if it is not set. A test that fails says it.
inline std::uint32_t RandomSeed() {
  static const std::uint32_t seed = [] {
    // UnitTest::random_seed() stays 0 unless tests are shuffled, so the flag itself is read.
    const auto given = static_cast<std::uint32_t>(GTEST_FLAG_GET(random_seed));
    return given != 0 ? given : std::random_device()() % 99'999 + 1;
  }();
  return seed;
}

}  // namespace tidemark
