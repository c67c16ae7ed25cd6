// A reply as the bytes that go over the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidemark/base/clock.h"
#include "tidemark/http/message.h"
#include "tidemark/http/prepared_reply.h"

namespace tidemark::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string FormatHttpDate(UtcTime time);

enum class ConnectionHeader : std::uint8_t {
  kNone,
  kKeepAlive,  // HTTP/1.0 clients close unless told not to.
  kClose,
};

/// What the head says beyond the reply itself.
struct ReplyFrame {
  Method method = Method::kGet;
  ConnectionHeader connection = ConnectionHeader::kNone;
  std::string_view request_id;
  std::string_view date;
};

/// Appends head and body. There is no body, but the same head, for HEAD; statuses 204 and 304 have
/// none at all. A header that would break the head apart (a line end in its value, or a name that
/// is no token) is left out; it is a bug of ours, so debug builds end there.
void AppendReply(std::string& out, const Reply& reply, const ReplyFrame& frame);
void AppendReply(std::string& out, const PreparedReply& reply, const ReplyFrame& frame);

}  // namespace tidemark::http
