#include "path.h"

#include <fmt/format.h>

namespace tidemark::admin_api {
namespace {

constexpr FailureCodes kPathCodes{.failed = "INVALID_PATH", .invalid_argument = "INVALID_PATH"};

}  // namespace

std::string_view PathParam(const http::Request& request, std::string_view name) {
  const auto found = request.path_params.find(std::string(name));
  return found == request.path_params.end() ? std::string_view() : found->second;
}

Outcome<DatasetName> DatasetInPath(const http::Request& request) {
  return Translate(MakeDatasetName(PathParam(request, "namespace"), PathParam(request, "name")),
                   kPathCodes);
}

Outcome<Revision> RevisionInPath(const http::Request& request) {
  return Translate(ParseRevision(PathParam(request, "revision")), kPathCodes);
}

Outcome<std::string> TableInPath(const http::Request& request) {
  const std::string_view table = PathParam(request, "table");
  if (!IsTableName(table)) {
    return MakeProblem(400, "INVALID_PATH", fmt::format("'{}' is no table name", table));
  }
  return std::string(table);
}

Outcome<std::int64_t> IdInPath(const http::Request& request, std::string_view name,
                               std::string_view code) {
  const std::string_view text = PathParam(request, name);
  const auto id = ParseId(text.starts_with('+') ? text.substr(1) : text);
  if (!id) {
    return MakeProblem(
        400, code,
        fmt::format("'{}' is no {}: use a positive decimal number below 2^63", text, name));
  }
  return *id;
}

Outcome<JobId> JobIdInPath(const http::Request& request) {
  TIDEMARK_TRY(const auto id, IdInPath(request, "id", "INVALID_JOB_ID"));
  return JobId{id};
}

Outcome<LocationId> LocationIdInPath(const http::Request& request) {
  TIDEMARK_TRY(const auto id, IdInPath(request, "id", "INVALID_PATH_PARAMETERS"));
  return LocationId{id};
}

}  // namespace tidemark::admin_api
