// A request as a handler sees it, and its reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"

namespace tidemark::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions };

/// "GET".
std::string_view ToString(Method method);

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  Method method = Method::kGet;
  std::string path;                                // As sent, without the query.
  std::map<std::string, std::string> path_params;  // By name in the route's template, decoded.
  std::map<std::string, std::string> query;        // Decoded; the last of two equal keys counts.
  std::vector<Header> headers;
  std::string body;
  std::string request_id;  // From X-Request-Id if that was sane, else made here.
  Deadline deadline = Deadline::Never();
  /// Which of Router::routes() has the path, whatever the method; absent if none has, or nobody has
  /// looked. Said by the router, or by the shortcut that answers in its place.
  std::optional<std::size_t> route;
  std::shared_ptr<void> held;  // A shortcut's: let go once the handler has run, or will not run.

  /// First header of that name, in any case.
  std::optional<std::string_view> FindHeader(std::string_view name) const;
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;  // Empty: no body and no content type.
  std::vector<Header> headers;
};

}  // namespace tidemark::http
