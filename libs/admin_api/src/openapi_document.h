// The OpenAPI document of this API, docs/openapi.json, as it was when this library was configured.
#pragma once

#include <string_view>

namespace tidemark::admin_api {

extern const std::string_view kOpenApiDocument;

}  // namespace tidemark::admin_api
