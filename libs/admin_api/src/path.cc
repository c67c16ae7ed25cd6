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

Outcome<JobId> JobIdInPath(const http::Request& request) {
  const std::string_view text = PathParam(request, "id");
  const auto id = ParseId(text);
  if (!id) {
    return MakeProblem(400, "INVALID_JOB_ID",
                       fmt::format("'{}' is no job id: use a positive decimal number", text));
  }
  return JobId{*id};
}

}  // namespace tidemark::admin_api
