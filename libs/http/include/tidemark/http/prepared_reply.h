// A reply that is printed once and given many times.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tidemark/http/message.h"

namespace tidemark::http {

/// Immutable, so any number of connections may send it at once.
class PreparedReply {
 public:
  explicit PreparedReply(Reply reply);

  /// The same reply with one header more.
  PreparedReply(const PreparedReply& reply, const Header& header);

  int status() const { return status_; }

  /// Status line, content type and length, and the reply's own headers, each with its line end:
  /// all of the head but what differs from request to request.
  std::string_view head() const { return head_; }

  /// Empty for a status that has none.
  std::string_view body() const { return body_; }

  std::size_t size_bytes() const { return head_.size() + body_.size(); }

 private:
  int status_;
  std::string head_;
  std::string body_;
};

/// Null: there is none.
using SharedReply = std::shared_ptr<const PreparedReply>;

}  // namespace tidemark::http
