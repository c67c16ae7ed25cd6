// Revisions of tables: the list, and which one is active. To fill them from storage: restore.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /revisions?active=true&limit=100
///
/// 200 with an array, newest id first.
Outcome<http::Reply> GetRevisions(const Services& services, const http::Request& request);

/// GET /revisions/{id}
///
/// 200; "writer" is absent if no job writes it. 404 REVISION_NOT_FOUND.
Outcome<http::Reply> GetRevision(const Services& services, const http::Request& request);

/// POST /revisions
///
/// 200 {"location_id"} of the revision at the path, which is registered unless it is there. It is
/// not activated.
Outcome<http::Reply> PostRevision(const Services& services, const http::Request& request);

/// POST /revisions/{id}/activate
///
/// 200 without a body once it is the table's active revision.
Outcome<http::Reply> PostActivate(const Services& services, const http::Request& request);

/// POST /revisions/deactivate
///
/// 200 without a body once the table has no active revision. 404 TABLE_NOT_REGISTERED.
Outcome<http::Reply> PostDeactivate(const Services& services, const http::Request& request);

/// DELETE /revisions/{id}/prune?before_block=N&gc_delay_secs=3600
///
/// 200 {"files_scheduled", "gc_delay_secs"}: files off the canonical chain, which a worker removes
/// after the delay. 409 WRITER_JOB_NOT_TERMINAL.
Outcome<http::Reply> DeletePrune(const Services& services, const http::Request& request);

std::unexpected<Problem> NoSuchRevision(LocationId id);

}  // namespace tidemark::admin_api
