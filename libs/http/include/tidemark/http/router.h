// Which handler answers which method and path: the one table of an API.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/http/message.h"

namespace tidemark::http {

/// Runs on a worker thread and may block until the request's deadline. Must not throw.
using Handler = std::function<Reply(const Request&)>;

struct Route {
  Method method;
  std::string path;  // "/datasets/{namespace}/{name}"; a parameter is one whole segment.
  Handler handler;
};

/// Immutable after construction, thread-safe.
class Router {
 public:
  /// `fallback` makes the replies for an unknown path (404), a method that the path does not have
  /// (405, with Allow) and what the server refuses by itself (400, 408, 413, 414, 431, 503), so that
  /// all errors of an API look alike. It is given the status and a sentence for people, and must
  /// not block.
  using Fallback = std::function<Reply(const Request&, int status, std::string_view message)>;

  Router(std::vector<Route> routes, Fallback fallback);

  std::span<const Route> routes() const { return routes_; }

  /// Fills the request's path parameters and runs the route's handler, or the fallback. A path is
  /// matched segment by segment before decoding, then each parameter is percent-decoded once; a
  /// trailing slash is another path. HEAD runs the GET handler (the server drops the body).
  Reply Dispatch(Request& request) const;

  /// The fallback's reply, for what never reached a route.
  Reply Refuse(const Request& request, int status, std::string_view message) const;

 private:
  std::vector<Route> routes_;
  Fallback fallback_;
};

}  // namespace tidemark::http
