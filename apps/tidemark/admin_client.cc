#include "admin_client.h"

#include <fmt/format.h>

#include "json_document.h"

namespace tidemark::app {
namespace {

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
    case 403:
    case 413:
    case 414:
    case 415:
      return ErrorCode::kInvalidArgument;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 502:
    case 503:
    case 504:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

std::string MessageOf(const http::Reply& reply) {
  if (auto document = JsonDocument::Parse(reply.body)) {
    if (const auto message = TextOf(document->root(), "error_message")) return *message;
  }
  return fmt::format("the Admin API answered with status {}", reply.status);
}

}  // namespace

Result<AdminClient> AdminClient::Make(std::string_view url) {
  TIDEMARK_TRY(auto parsed, http::ParseUrl(url));
  std::string base_path = parsed.target;
  while (base_path.ends_with('/')) base_path.pop_back();
  return AdminClient(http::Client(std::move(parsed)), std::move(base_path));
}

Result<std::string> AdminClient::Get(std::string_view path) {
  return Send(http::Method::kGet, path, {}, kTimeout);
}

Result<std::string> AdminClient::Post(std::string_view path, std::string_view json,
                                      std::chrono::seconds timeout) {
  return Send(http::Method::kPost, path, json, timeout);
}

Result<std::string> AdminClient::Put(std::string_view path) {
  return Send(http::Method::kPut, path, {}, kTimeout);
}

Result<std::string> AdminClient::Delete(std::string_view path) {
  return Send(http::Method::kDelete, path, {}, kTimeout);
}

Result<std::string> AdminClient::Send(http::Method method, std::string_view path,
                                      std::string_view body, std::chrono::seconds timeout) {
  http::ClientRequest request;
  request.method = method;
  request.target = base_path_ + std::string(path);
  request.body = body;
  if (!body.empty()) request.headers = {{"Content-Type", "application/json"}};
  auto reply = client_.Send(request, Deadline::After(timeout));
  if (!reply) {
    return MakeError(reply.error().code,
                     fmt::format("{} (is tidemark solo or server running? --url says where)",
                                 reply.error().message));
  }
  if (reply->status >= 300) return MakeError(CodeOf(reply->status), MessageOf(*reply));
  return std::move(reply->body);
}

std::string VersionPath(const DatasetReference& reference) {
  return fmt::format("/datasets/{}/{}/versions/{}", reference.dataset.ns, reference.dataset.name,
                     http::PercentEncode(reference.revision));
}

}  // namespace tidemark::app
