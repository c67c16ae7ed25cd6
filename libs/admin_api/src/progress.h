// Sync progress: what this service is for.
#pragma once

#include "answer_cache.h"
#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /datasets/{namespace}/{name}/versions/{revision}/progress
///
/// 200 with every table of the dataset, in the dataset's order, all as of one moment. A table that
/// nobody has written yet has null for its blocks and 0 files. 503 if the state cannot be read.
/// ?include=rate,gaps,health,head,rows adds how fast each table is being committed, what is off its
/// chain or missing, how its job is, how far it is behind its network, and how many rows it has.
Outcome<TrackedReply> GetDatasetProgress(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}/versions/{revision}/tables/{table}/progress
///
/// 200 with the same object for one table. 404 TABLE_NOT_FOUND if the dataset has no such table.
Outcome<TrackedReply> GetTableProgress(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}/versions/{revision}/sync-progress
///
/// The dataset's answer as Amp's clients for TypeScript and Python read it: what is not known is
/// left out, a failed job is FAILED, and every failure has one of the six codes that they know.
/// job_state holds the stored state; problems is there if there are any.
Outcome<TrackedReply> GetSyncProgress(const Services& services, const http::Request& request);

/// GET /jobs/{id}/progress
///
/// 200 with the tables whose active revision the job writes, by name, as Amp's Admin API answers.
/// Every table is reported by the rules of its own dataset; of two with one name the one of the
/// job's own dataset is shown. `detail` is there for a job in ERROR or FATAL, if it left any.
Outcome<http::Reply> GetJobProgress(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
