// One I/O thread of the server, with the connections that it serves.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include <boost/asio/ip/tcp.hpp>

#include "connection.h"
#include "event_loop.h"
#include "listener.h"
#include "tidemark/base/file_descriptor.h"

namespace tidemark::http {

/// A connection is accepted, served and closed by one loop. Loops have nothing in common but what
/// ServerParts says; of several that listen at one port, the kernel chooses one for a connection.
class ServerLoop final : private EventLoop::Watched {
 public:
  /// `parts` must outlive the loop.
  explicit ServerLoop(ServerParts& parts) : parts_(parts) {}

  /// Before Start.
  boost::system::error_code Open(boost::asio::ip::tcp::endpoint endpoint, Port port);
  std::uint16_t port() const { return port_; }

  /// Serves on a thread of its own.
  void Start();

  /// Accepts no more, and closes each connection when no request is under way in it. Calls
  /// `on_drained` on the loop's thread when there is none left.
  void BeginStop(std::move_only_function<void()> on_drained);

  /// Closes every connection.
  void CloseAll();

  /// Waits for the thread, which ends when every connection has.
  void Join();

 private:
  // On the I/O thread.
  void OnReady(std::uint32_t events) override;
  void Admit(FileDescriptor socket);
  void PauseAccepting(const boost::system::error_code& error);
  void Sweep();
  void EndTurn();

  ServerParts& parts_;
  LoopState state_{parts_};
  FileDescriptor acceptor_;
  bool is_closing_all_ = false;
  std::move_only_function<void()> on_drained_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace tidemark::http
