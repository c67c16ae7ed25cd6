// A request's head, read as strictly as RFC 9112 lets a server: what another program on the way
// might read in two ways is malformed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tidemark/http/message.h"

namespace tidemark::http {

/// What the head says, but for the headers. Points into the head.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  bool is_http10 = false;       // Every other is read as HTTP/1.1.
  bool keeps_open = false;      // The client wants to send another request (RFC 9112 9.3).
  bool wants_continue = false;  // It holds its body back until it is told to send it.
  bool is_chunked = false;      // It has a transfer encoding, whichever: CheckRequest looks which.
  std::optional<std::uint64_t> content_length;

  bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
};

/// `text`: all of the head, with the empty line at its end, each line ended by CR LF as HeadScanner
/// makes sure. Appends the headers in their order, values without the blanks around them. False if
/// it is malformed, as folded lines are; what came before the fault is read even so.
bool ParseHead(std::string_view text, RequestHead& head, std::vector<Header>& headers);

}  // namespace tidemark::http
