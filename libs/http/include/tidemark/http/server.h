// The HTTP server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tidemark/base/result.h"
#include "tidemark/http/router.h"
#include "tidemark/http/served.h"
#include "tidemark/http/shortcut.h"

namespace tidemark::http {

struct ServerOptions {
  std::string host = "127.0.0.1";  // An address, or "localhost".
  std::uint16_t port = 0;          // 0: the kernel chooses.

  std::size_t max_header_bytes = 16U << 10U;          // Past it: 431.
  std::size_t max_target_bytes = 8U << 10U;           // Past it: 414.
  std::size_t max_body_bytes = 4U << 20U;             // Past it: 413, before the body is read.
  std::size_t max_body_bytes_at_once = 64U << 20U;    // Of all bodies under way; past it: 503.
  std::size_t max_connections = 1024;                 // Past it: 503 and closed.
  std::chrono::milliseconds header_timeout{10'000};   // From the first byte to the end of the head.
  std::chrono::milliseconds body_timeout{30'000};     // From the head to the end of the body.
  std::chrono::milliseconds idle_timeout{75'000};     // Between two requests.
  std::chrono::milliseconds write_timeout{30'000};    // For a reader that does not read.
  std::chrono::milliseconds request_timeout{10'000};  // The deadline that handlers are given.

  std::size_t io_threads = 1;  // More listen at one port side by side (SO_REUSEPORT).
  std::size_t handler_threads = 4;
  std::size_t max_queued_requests = 256;  // Waiting for a handler thread; past it: 503 at once.
};

/// Serves HTTP/1.1 with keep-alive and pipelining (answers in order). A connection belongs to one
/// I/O thread, chosen by the kernel; handlers run on a fixed pool of threads, so that nothing that
/// blocks runs on an I/O thread. Timeouts are enforced by one sweep a second, so they may be up to
/// a second late.
class Server {
 public:
  /// Listens when it returns.
  /// Errors: kUnavailable, saying host and port, if the address is in use or not ours;
  /// kInvalidArgument for a host that is no address, or for no thread or connection at all.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Router router,
                                               std::shared_ptr<Shortcut> shortcut = nullptr,
                                               ServedObserver observer = nullptr);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Stops as Stop does, with two seconds of grace.
  ~Server();

  std::uint16_t port() const;

  /// Stops accepting, lets requests under way finish for up to `grace`, then closes every
  /// connection; a request that still waits for a handler thread then is answered 503. Blocks until
  /// done; a handler that overruns its deadline is waited for. May be called twice, and at once,
  /// but not by a handler.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::http
