// One seed for all random tests of a run.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <random>

#include <gtest/gtest.h>

namespace tidemark {

/// GTEST_RANDOM_SEED, or a seed of the run's own if it is not set. Every run says it, so that one
/// that ends in any way at all can be repeated.
inline std::uint32_t RandomSeed() {
  static const std::uint32_t seed = [] {
    // UnitTest::random_seed() stays 0 unless tests are shuffled, so the flag itself is read.
    const auto given = static_cast<std::uint32_t>(GTEST_FLAG_GET(random_seed));
    const std::uint32_t drawn = given != 0 ? given : std::random_device()() % 99'999 + 1;
    std::printf("random seed: GTEST_RANDOM_SEED=%u\n", drawn);
    std::fflush(stdout);
    return drawn;
  }();
  return seed;
}

/// Seeds that every run tries beside the one of its own. No run's own seed is among them.
inline constexpr std::array<std::uint32_t, 3> kFixedSeeds = {1'000'001, 1'000'002, 1'000'003};

}  // namespace tidemark
