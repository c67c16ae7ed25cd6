// What this process counts.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /metrics
///
/// 200 with every number of this process, in Prometheus' text format: what its parts count, the age
/// of the chain heads, and what the system says of the process.
Outcome<http::Reply> GetMetrics(const Services& services, const http::Request& request);

/// Counts a reply by the class of its status.
void CountReply(int status);

/// The same, and hands it on.
http::Reply Counted(http::Reply reply);

}  // namespace tidemark::admin_api
