// One I/O thread of the server, with the connections that it serves.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/intrusive/list.hpp>

#include "asio_types.h"
#include "connection.h"
#include "shortcut_inbox.h"
#include "tidemark/base/metrics.h"

namespace tidemark::http {

/// A connection is accepted, served and closed by one loop. Loops have nothing in common but what
/// ServerParts says; of several that listen at one port, the kernel chooses one for a connection.
class ServerLoop {
 public:
  /// `parts` must outlive the loop.
  explicit ServerLoop(ServerParts& parts);
  ServerLoop(const ServerLoop&) = delete;
  ServerLoop& operator=(const ServerLoop&) = delete;

  /// Others may listen at the same port if they all say so (SO_REUSEPORT).
  enum class Port : std::uint8_t { kOwn, kShared };

  /// Before Start.
  boost::system::error_code Listen(const asio::ip::tcp::endpoint& endpoint, Port port);
  std::uint16_t port() const { return port_; }

  /// Serves on a thread of its own.
  void Start();

  /// Accepts no more, and closes each connection when no request is under way in it. Calls
  /// `on_drained` on the loop's thread when there is none left.
  void BeginStop(std::move_only_function<void()> on_drained);

  /// Closes every connection.
  void CloseAll();

  /// Waits for the thread, which ends when every connection's coroutine has.
  void Join();

 private:
  // On the I/O thread.
  Awaitable<void> Accept();
  Awaitable<void> Serve(std::unique_ptr<Connection> connection);
  Awaitable<void> TurnAway(std::unique_ptr<Connection> connection);
  Awaitable<void> Sweep();
  void Spawn(Socket socket);
  void CheckDrained();

  ServerParts& parts_;
  asio::io_context io_{1};
  asio::executor_work_guard<Executor> work_{io_.get_executor()};
  Acceptor acceptor_{io_.get_executor()};
  Timer accept_pause_{io_.get_executor()};
  Timer sweep_timer_{io_.get_executor()};
  ShortcutInbox inbox_{io_.get_executor()};
  LoopState state_{.parts = parts_, .inbox = inbox_, .date = {}, .out = {}};
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> connections_;
  std::size_t turned_away_count_ = 0;
  Gauge& open_count_ = ProcessMetrics().GetGauge(
      {.name = "tidemark_http_connections", .help = "Connections of HTTP clients, open now."});
  bool is_closing_all_ = false;
  std::move_only_function<void()> on_drained_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace tidemark::http
