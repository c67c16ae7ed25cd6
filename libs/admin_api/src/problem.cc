#include "problem.h"

#include <algorithm>

#include "tidemark/base/json_writer.h"
#include "tidemark/base/log.h"

namespace tidemark::admin_api {
namespace {

constexpr std::string_view kServiceUnavailable = "SERVICE_UNAVAILABLE";
constexpr std::size_t kLongestDetail = 500;

struct StatusCode {
  int status;
  std::string_view code;
};
constexpr StatusCode kRefusals[] = {
    {400, "BAD_REQUEST"},
    {404, "NOT_FOUND"},
    {405, "METHOD_NOT_ALLOWED"},
    {408, "REQUEST_TIMEOUT"},
    {413, "PAYLOAD_TOO_LARGE"},
    {414, "URI_TOO_LONG"},
    {431, "REQUEST_HEADER_FIELDS_TOO_LARGE"},
    {503, kServiceUnavailable},
};

/// "DATASET_NOT_FOUND" as "Dataset not found".
std::string TitleOf(std::string_view code) {
  std::string title(code);
  for (char& c : title) {
    if (c == '_') {
      c = ' ';
    } else if (c >= 'A' && c <= 'Z' && &c != title.data()) {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return title;
}

/// "DATASET_NOT_FOUND" as "urn:tidemark:problem:dataset-not-found".
std::string TypeOf(std::string_view code) {
  std::string type = "urn:tidemark:problem:";
  for (const char c : code) {
    type.push_back(c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
  }
  return type;
}

/// A request may hold megabytes of what is wrong with it; its answer must not repeat them.
std::string Shorten(std::string_view detail) {
  if (detail.size() <= kLongestDetail) return std::string(detail);
  std::size_t end = kLongestDetail;
  // Not in the middle of a character.
  while (end > 0 && (static_cast<unsigned char>(detail[end]) & 0xC0U) == 0x80U) --end;
  return std::string(detail.substr(0, end)) + "...";
}

Problem ClientProblem(int status, std::string_view code, const Error& error,
                      std::string_view code_if_unexpected) {
  if (code.empty()) {
    return {500, code_if_unexpected, "the server could not answer this request", error.message};
  }
  return {status, code, error.message, {}};
}

}  // namespace

// No default: a new ErrorCode must not compile until someone has decided what a client sees.
Problem ProblemFor(const Error& error, const FailureCodes& codes) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return ClientProblem(400, codes.invalid_argument, error, codes.failed);
    case ErrorCode::kNotFound:
      return ClientProblem(404, codes.not_found, error, codes.failed);
    case ErrorCode::kConflict:
      return ClientProblem(409, codes.conflict, error, codes.failed);
    case ErrorCode::kUnavailable:
      return {503, kServiceUnavailable, "the service cannot answer now; try again", error.message};
    case ErrorCode::kCorruption:
    case ErrorCode::kInternal:
      break;
  }
  return ClientProblem(500, {}, error, codes.failed);
}

http::Reply ToReply(const Problem& problem, const http::Request& request) {
  if (!problem.cause.empty()) {
    Log(problem.status == 503 ? LogLevel::kWarning : LogLevel::kError, "request_failed",
        {{"request_id", request.request_id},
         {"method", http::ToString(request.method)},
         {"path", request.path},
         {"status", problem.status},
         {"error_code", problem.code},
         {"cause", problem.cause}});
  }
  const std::string detail = Shorten(problem.detail);
  JsonWriter json;
  json.BeginObject();
  json.Field("type", TypeOf(problem.code));
  json.Field("title", TitleOf(problem.code));
  json.Field("status", problem.status);
  json.Field("detail", detail);
  json.Field("instance", request.path);
  json.Field("error_code", problem.code);
  json.Field("error_message", detail);
  json.Field("request_id", request.request_id);
  json.EndObject();
  http::Reply reply{.status = problem.status,
                    .content_type = "application/problem+json",
                    .body = std::move(json).Take(),
                    .headers = {}};
  if (problem.status == 503) reply.headers.push_back({"Retry-After", "1"});
  return reply;
}

void AllowAnyOrigin(http::Reply& reply) {
  reply.headers.push_back({"Access-Control-Allow-Origin", "*"});
}

http::Reply RefusalReply(const http::Request& request, int status, std::string_view message) {
  const auto refusal = std::ranges::find(kRefusals, status, &StatusCode::status);
  const std::string_view code =
      refusal != std::end(kRefusals) ? refusal->code : std::string_view("REQUEST_REFUSED");
  http::Reply reply = ToReply({status, code, std::string(message), {}}, request);
  AllowAnyOrigin(reply);
  return reply;
}

}  // namespace tidemark::admin_api
