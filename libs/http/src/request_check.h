// What a request must be beyond what the grammar of HTTP/1.1 says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tidemark/http/message.h"
#include "tidemark/http/server.h"

namespace tidemark::http {

/// What the server answers by itself, in place of a handler.
struct Refusal {
  int status;
  std::string_view message;
};

/// What the parser knows of a request that Request does not say.
struct RequestLine {
  std::optional<Method> method;  // Absent for one that Method has no name for.
  std::string_view target;
  bool is_http10 = false;
  bool has_body = false;
};

/// Fills path, query and request id, from the line and from the headers, which are there already.
/// Path and id are also there after a refusal, as far as they can be known.
std::optional<Refusal> CheckRequest(const RequestLine& line, const ServerOptions& options,
                                    Request& request);

/// The id that the client gave, if it is short and plain, or else a new one.
std::string ChooseRequestId(const Request& request);

}  // namespace tidemark::http
