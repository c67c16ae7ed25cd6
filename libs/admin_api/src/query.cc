#include "query.h"

#include <string>

#include <fmt/format.h>

namespace tidemark::admin_api {

std::optional<std::string_view> QueryParam(const http::Request& request, std::string_view name) {
  const auto found = request.query.find(std::string(name));
  if (found == request.query.end()) return std::nullopt;
  return found->second;
}

Outcome<std::optional<bool>> BoolParam(const http::Request& request, std::string_view name) {
  const auto text = QueryParam(request, name);
  if (!text) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                     fmt::format("{} '{}' is neither true nor false", name, *text));
}

}  // namespace tidemark::admin_api
