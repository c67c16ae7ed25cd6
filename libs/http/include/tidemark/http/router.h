// Which handler answers which method and path: the one table of an API.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/http/message.h"

namespace tidemark::http {

/// Runs on a worker thread and may block until the request's deadline. Must not throw.
using Handler = std::function<Reply(const Request&)>;

struct Route {
  Method method;
  std::string path;  // "/datasets/{namespace}/{name}"; a parameter is one whole segment.
  Handler handler;
};

/// Whether a router can be made of these routes.
/// Errors: kInternal, naming the first route whose template is malformed, that answers the same
/// requests as an earlier one, or that is for HEAD, which GET implies.
Status CheckRoutes(std::span<const Route> routes);

/// Immutable after construction, thread-safe.
class Router {
 public:
  /// `fallback` makes the replies for an unknown path (404), a method that the path does not have
  /// (405, with Allow) and what the server refuses by itself (400, 408, 413, 414, 431, 503), so
  /// that all errors of an API look alike. It is given the status and a sentence for people, and
  /// must not block.
  using Fallback = std::function<Reply(const Request&, int status, std::string_view message)>;

  /// Requires: CheckRoutes(routes).
  Router(std::vector<Route> routes, Fallback fallback);

  std::span<const Route> routes() const { return routes_; }

  /// Fills the request's path parameters and runs the route's handler, or the fallback. A path is
  /// matched segment by segment before decoding, then each parameter is percent-decoded once; a
  /// trailing slash is another path, and an empty segment fills no parameter. Where two templates
  /// match, the one with the earlier literal segment wins. HEAD runs the GET handler (the server
  /// drops the body). Notes in the request which route it was, or one that has the path if none has
  /// the method.
  Reply Dispatch(Request& request) const;

  /// The reply to a method that Method has no name for: 405 if the path exists, else 404. Notes a
  /// route that has the path.
  Reply RefuseMethod(Request& request) const;

  /// The fallback's reply, for what never reached a route.
  Reply Refuse(const Request& request, int status, std::string_view message) const;

 private:
  struct Pattern {
    std::vector<std::string> segments;  // A parameter as "{name}".
    std::size_t route;                  // Index into routes_.
  };

  /// The patterns that match a path, the one that wins first.
  std::vector<const Pattern*> Match(std::string_view path) const;
  Reply RefuseMatched(Request& request, std::span<const Pattern* const> matches) const;

  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;  // Ordered so that a literal comes before a parameter.
  Fallback fallback_;
};

}  // namespace tidemark::http
