// Health, from what one snapshot has of a job.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "tidemark/base/clock.h"
#include "tidemark/data_store/health.h"
#include "tidemark/metadata_db/rows.h"

namespace tidemark::data_store {

struct JobFacts {
  metadata_db::JobRow job;
  std::optional<metadata_db::WorkerRow> worker;  // Of the job's node.
  std::optional<std::string> error;              // Of its present failure.
  bool is_amp = false;                           // Amp's controller decides about retries.
};

/// How long after a failure Amp's controller tries again: 2^attempts seconds, without an upper
/// bound. nullopt beyond 68 years, where its own arithmetic is about to end.
std::optional<std::chrono::seconds> AmpRetryDelay(std::uint32_t attempts);

JobHealth JudgeJob(const JobFacts& facts, UtcTime now);
/// Of a table that nobody writes.
JobHealth WithoutJob();
/// Of a table whose writer the database does not have.
JobHealth WithoutState(JobId id);

}  // namespace tidemark::data_store
