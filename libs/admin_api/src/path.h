// What a request's path names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "problem.h"
#include "tidemark/http/message.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/names.h"

namespace tidemark::admin_api {

/// The decoded {name} of the route's template; empty if it has none.
std::string_view PathParam(const http::Request& request, std::string_view name);

/// {namespace} and {name}. Problems: 400 INVALID_PATH.
Outcome<DatasetName> DatasetInPath(const http::Request& request);
/// {revision}. Problems: 400 INVALID_PATH.
Outcome<Revision> RevisionInPath(const http::Request& request);
/// {table}. Problems: 400 INVALID_PATH.
Outcome<std::string> TableInPath(const http::Request& request);
/// The identifier of a row. A plus sign and leading zeros are allowed, as Amp allows them.
/// Problems: 400 with `code`.
Outcome<std::int64_t> IdInPath(const http::Request& request, std::string_view name,
                               std::string_view code);
/// {id}. Problems: 400 INVALID_JOB_ID.
Outcome<JobId> JobIdInPath(const http::Request& request);
/// {id}. Problems: 400 INVALID_PATH_PARAMETERS.
Outcome<LocationId> LocationIdInPath(const http::Request& request);

}  // namespace tidemark::admin_api
