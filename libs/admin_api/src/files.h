// Rows of Parquet files.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /files/{file_id}
///
/// 200 with the row as it is stored, readable or not: metadata that is no JSON is null, and
/// "metadata_text" has the text. 404 FILE_NOT_FOUND.
Outcome<http::Reply> GetFile(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
