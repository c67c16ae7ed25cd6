// A server with a small API, for the tests that talk to one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "raw_socket.h"
#include "tidemark/http/server.h"

namespace tidemark::http {

/// Holds handlers back until it is opened.
class Gate {
 public:
  void Open();
  /// Returns when the gate is open, or after kPatience.
  void Pass();
  /// How many wait here now.
  int waiting() const { return waiting_; }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
  std::atomic<int> waiting_ = 0;
};

/// GET /hello, POST, PUT and DELETE /echo, GET /items/{id}, GET /request (what the handler saw),
/// GET /gate (waits), GET /big (8 MB), GET /none (204).
class TestServer {
 public:
  explicit TestServer(const ServerOptions& options = {},
                      std::shared_ptr<Shortcut> shortcut = nullptr,
                      ServedObserver observer = nullptr);
  ~TestServer() { gate.Open(); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const { return server->port(); }
  RawSocket Connect() const { return RawSocket::ConnectTo(port()); }
  /// Sends `bytes` over a connection of its own and returns all that comes until it is closed.
  std::string Exchange(std::string_view bytes) const;

  std::atomic<int> handled = 0;
  Gate gate;
  std::unique_ptr<Server> server;
};

/// Three requests to a server that has one handler thread and room for one request in its queue.
struct Crowd {
  RawSocket running;  // GET /gate
  RawSocket queued;   // GET /hello
  RawSocket refused;  // GET /hello; its answer can be read.
};
Crowd FillQueue(const TestServer& server);

/// A GET that keeps the connection open.
std::string Get(std::string_view target);

/// 0 if `reply` does not start like one.
int StatusOf(std::string_view reply);
std::string BodyOf(std::string_view reply);
/// Empty if there is no such header.
std::string HeaderOf(std::string_view reply, std::string_view name);

}  // namespace tidemark::http
