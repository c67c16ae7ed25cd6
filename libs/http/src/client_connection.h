// The client's end of one connection, plain or TLS.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/http/client.h"
#include "wait_limit.h"

namespace tidemark::http {

/// Every call blocks until it is done or the limit is reached. Messages do not name the host. Not
/// thread-safe.
class ClientConnection {
 public:
  ClientConnection();
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Closes first. Tries the host's addresses in turn, each with its share of the time that is
  /// left. Errors: kUnavailable; kInvalidArgument if the server's certificate is not valid for the
  /// host.
  Status Open(const Url& url, const WaitLimit& limit);

  /// Leaves the connection open when it fails: there may be something to read. But a limit that is
  /// reached always closes it.
  /// Errors: kUnavailable.
  Status Write(std::string_view bytes, const WaitLimit& limit);

  /// The number of bytes that came; 0 if the server has ended the stream.
  /// Errors: kUnavailable.
  Result<std::size_t> ReadSome(std::span<char> space, const WaitLimit& limit);

  void Close();
  bool is_open() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::http
