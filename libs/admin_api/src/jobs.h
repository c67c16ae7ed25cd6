// Jobs and the workers that run them.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /jobs?limit=50&last_job_id=7&status=active
///
/// 200 {"jobs", "next_cursor"}: newest id first. "next_cursor" is the last id of the page, to be
/// passed as last_job_id; absent on an empty page, which is the end. Status is `active` (the
/// default), `all`, or a comma list of states; a word that is no state matches jobs of unknown
/// state.
Outcome<http::Reply> GetJobs(const Services& services, const http::Request& request);

/// GET /jobs/{id}
Outcome<http::Reply> GetJob(const Services& services, const http::Request& request);

/// PUT /jobs/{id}/stop
///
/// 200 without a body once the job was asked to stop, or had no need to be.
Outcome<http::Reply> PutJobStop(const Services& services, const http::Request& request);

/// GET /workers
///
/// 200 {"workers"}: by node id, also those that are gone: their heartbeat tells.
Outcome<http::Reply> GetWorkers(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
