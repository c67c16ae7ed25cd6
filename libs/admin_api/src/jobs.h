// Jobs: the list, one of them, and how they stop and go away. Their past: job_events.
#pragma once

#include <optional>

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/data_store/health.h"
#include "tidemark/data_store/jobs.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /jobs?limit=50&last_job_id=7&status=active
///
/// 200 {"jobs", "next_cursor"}: newest id first. "next_cursor" is the last id of the page, to be
/// passed as last_job_id; absent on an empty page, which is the end. Status is `active` (the
/// default), `all`, or a comma list of states; a word that is no state matches jobs of unknown
/// state.
Outcome<http::Reply> GetJobs(const Services& services, const http::Request& request);

/// GET /jobs/{id}?include=health
Outcome<http::Reply> GetJob(const Services& services, const http::Request& request);

/// PUT /jobs/{id}/stop
///
/// 200 without a body once the job was asked to stop, or had no need to be.
Outcome<http::Reply> PutJobStop(const Services& services, const http::Request& request);

/// DELETE /jobs/{id}
///
/// 204, also if there is no such job. 409 JOB_CONFLICT if it has not ended.
Outcome<http::Reply> DeleteJob(const Services& services, const http::Request& request);

/// DELETE /jobs?status=terminal
///
/// 204. Status is `terminal`, `completed`, `stopped` or `error`, which stands for ERROR and FATAL.
Outcome<http::Reply> DeleteJobs(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}/versions/{revision}/jobs
///
/// 200 {"jobs"}: those that were ever scheduled for the version, each once, the first one first.
Outcome<http::Reply> GetVersionJobs(const Services& services, const http::Request& request);

/// One job, as every list shows it; with its health, where that was asked for.
void WriteJob(const data_store::JobInfo& job, JsonWriter& json,
              const std::optional<data_store::JobHealth>& health = std::nullopt);

std::unexpected<Problem> NoSuchJob(JobId id);

}  // namespace tidemark::admin_api
