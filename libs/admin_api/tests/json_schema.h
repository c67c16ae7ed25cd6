// JSON Schema, as far as docs/openapi.json uses it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tidemark::admin_api {

/// Where `value` breaks `schema`, one sentence each; empty if it does not. `root` is the document
/// that a $ref points into. A member that an object schema does not list is an error too: what is
/// answered must be documented. So is a keyword that is not implemented here, for it would check
/// nothing.
std::vector<std::string> CheckSchema(const nlohmann::json& schema, const nlohmann::json& value,
                                     const nlohmann::json& root);

}  // namespace tidemark::admin_api
