// What a request's query says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "problem.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// The decoded value; nullopt if the query does not have the parameter.
std::optional<std::string_view> QueryParam(const http::Request& request, std::string_view name);

/// Problems: 400 INVALID_QUERY_PARAMETERS for anything but true and false.
Outcome<std::optional<bool>> BoolParam(const http::Request& request, std::string_view name);

}  // namespace tidemark::admin_api
