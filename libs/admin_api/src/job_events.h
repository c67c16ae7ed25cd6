// What became of a job.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /jobs/{id}/events
///
/// 200 {"job_id", "events"}: oldest first.
Outcome<http::Reply> GetJobEvents(const Services& services, const http::Request& request);

/// GET /jobs/{id}/events/{event_id}
///
/// 200 with its "detail", absent if it has none. 404 EVENT_NOT_FOUND, also for another job's.
Outcome<http::Reply> GetJobEvent(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
