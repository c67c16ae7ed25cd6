// Putting a dataset version to work.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// POST /datasets/{namespace}/{name}/versions/{revision}/deploy
///
/// 202 {"job_id"}. An empty body means the defaults; "parallelism" and "verify" mean nothing to a
/// derived dataset. 400 UNSUPPORTED_DATASET_KIND for a static one. 400 WORKER_NOT_AVAILABLE if no
/// worker of that name is alive, 409 ACTIVE_JOB_CONFLICT if the version's job is active with other
/// arguments.
Outcome<http::Reply> PostDeploy(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
