// Rows made again from the files in storage. A restore that did not finish in time has kept what it
// had registered; the next one goes on from there.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// POST /revisions/{id}/restore
///
/// 200 {"total_files", ...}: the segments that storage has below the revision, all of them
/// registered now; what could not be read is counted and named. 404 REVISION_NOT_FOUND.
Outcome<http::Reply> PostRestoreRevision(const Services& services, const http::Request& request);

/// POST /datasets/{namespace}/{name}/versions/{revision}/restore
///
/// 202 {"tables"}: each table's newest revision in storage, registered with its files and active.
/// 404 TABLE_NOT_FOUND, naming the table, if storage has none of one.
Outcome<http::Reply> PostRestoreVersion(const Services& services, const http::Request& request);

/// POST /datasets/{namespace}/{name}/versions/{revision}/tables/{table}/restore
///
/// 200 with the same for one table; {"location_id"} in the body picks another revision than the
/// newest. 404 TABLE_NOT_IN_MANIFEST, TABLE_NOT_FOUND, REVISION_NOT_FOUND.
Outcome<http::Reply> PostRestoreTable(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
