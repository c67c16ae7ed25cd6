// How long it takes to read all files of a table.
#pragma once

#include <chrono>

#include "tidemark/base/clock.h"
#include "tidemark/base/metrics.h"

namespace tidemark::data_store {

/// Times its own life as one reading.
class BuildTimer {
 public:
  BuildTimer() = default;
  BuildTimer(const BuildTimer&) = delete;
  BuildTimer& operator=(const BuildTimer&) = delete;
  ~BuildTimer() { Durations().Observe(std::chrono::steady_clock::now() - begun_); }

 private:
  static Histogram& Durations() {
    static Histogram& durations = ProcessMetrics().GetHistogram(
        {.name = "tidemark_snapshot_build_duration_seconds",
         .help = "How long it took to read all files of a table and find its chain."},
        DurationBounds());
    return durations;
  }

  const SteadyTime begun_ = std::chrono::steady_clock::now();
};

}  // namespace tidemark::data_store
