// Providers, without their secrets.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// POST /providers
///
/// 201 with the provider that was written, over one of that name: "name" and the fields that its
/// kind has; further ones are kept. Secrets read "***" in every answer, and a text with that in it
/// is refused. 400 INVALID_PROVIDER_NAME, INVALID_BODY (what is no provider),
/// PROVIDER_CONVERSION_ERROR (one that could not work).
Outcome<http::Reply> PostProvider(const Services& services, const http::Request& request);

/// GET /providers
///
/// 200 {"providers"}: by name. Members that a provider does not have are absent. A provider whose
/// file cannot be read is left out.
Outcome<http::Reply> GetProviders(const Services& services, const http::Request& request);

/// GET /providers/{name}
///
/// 200. 404 PROVIDER_NOT_FOUND; 500 PROVIDER_CONVERSION_ERROR if its file cannot be read.
Outcome<http::Reply> GetProvider(const Services& services, const http::Request& request);

/// DELETE /providers/{name}
///
/// 204, also if its file cannot be read. 404 PROVIDER_NOT_FOUND.
Outcome<http::Reply> DeleteProvider(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
