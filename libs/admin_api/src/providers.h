// Providers, without their secrets.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// POST /providers
///
/// 201 with the provider that was written, over one of that name. auth_token reads "***".
Outcome<http::Reply> PostProvider(const Services& services, const http::Request& request);

/// GET /providers
///
/// 200 {"providers"}: by name. Members that a provider does not have are absent.
Outcome<http::Reply> GetProviders(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
