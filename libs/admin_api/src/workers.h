// The workers that run jobs.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /workers
///
/// 200 {"workers"}: by node id, also those that are gone: their heartbeat tells.
Outcome<http::Reply> GetWorkers(const Services& services, const http::Request& request);

/// GET /workers/{id}
///
/// 200 with what the worker said of itself. 404 WORKER_NOT_FOUND.
Outcome<http::Reply> GetWorker(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
