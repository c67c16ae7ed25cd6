// Sync progress: what this service is for.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /datasets/{namespace}/{name}/versions/{revision}/progress
///
/// 200 with every table of the dataset, in the dataset's order, all as of one moment. A table that
/// nobody has written yet has null for its blocks and 0 files. 503 if the state cannot be read.
/// ?include=rate adds how fast each table is being committed.
Outcome<http::Reply> GetDatasetProgress(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}/versions/{revision}/tables/{table}/progress
///
/// 200 with the same object for one table. 404 TABLE_NOT_FOUND if the dataset has no such table.
Outcome<http::Reply> GetTableProgress(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
