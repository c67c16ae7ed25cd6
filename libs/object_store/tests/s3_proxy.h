// A proxy on loopback before an S3 server, with faults.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tidemark/base/mutex.h"

namespace tidemark::object_store {

struct ProxiedRequest {
  std::string method;
  std::string target;  // Path and query.
  std::string head;    // All of it, with the empty line at its end.
  std::string body;

  /// "" if there is none. The name is in lower case.
  std::string HeaderOf(std::string_view name) const;
  /// Whether it is the one that makes an object: a PUT of a whole one, or an upload's end.
  bool makes_object() const;
};

struct Fault {
  enum class Kind : std::uint8_t {
    kNone,
    kAnswer,       // With `answer`; the server hears nothing of it.
    kDrop,         // The same, but the connection is closed.
    kSilence,      // The same, but it stays open.
    kLoseAnswer,   // The server does it; the connection is closed without an answer.
    kHalfAnswer,   // ... in the middle of the answer.
    kLateSilence,  // ... and stays open without an answer.
  };
  Kind kind = Kind::kNone;
  std::string answer = {};
};

/// An answer as S3 gives it, to close the connection after.
Fault Answer(int status, std::string_view body = "", std::string_view headers = "");
Fault ErrorAnswer(int status, std::string_view code, std::string_view message = "");

/// Asks for each request, from several threads at once, what to do with it.
class S3Proxy {
 public:
  using Script = std::function<Fault(const ProxiedRequest&)>;

  S3Proxy(std::uint16_t server_port, Script script);
  S3Proxy(const S3Proxy&) = delete;
  S3Proxy& operator=(const S3Proxy&) = delete;
  /// Ends every connection.
  ~S3Proxy();

  std::uint16_t port() const { return port_; }
  /// The requests that have come so far.
  std::vector<ProxiedRequest> requests();
  /// Those of them that make an object.
  std::vector<ProxiedRequest> making_requests();

 private:
  void Accept();
  void Serve(int socket);
  std::string Forward(const ProxiedRequest& request) const;

  const std::uint16_t server_port_;
  const Script script_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_ending_ = false;
  Mutex mutex_;
  std::vector<ProxiedRequest> requests_ TIDEMARK_GUARDED_BY(mutex_);
  std::vector<int> sockets_ TIDEMARK_GUARDED_BY(mutex_);
  std::vector<std::jthread> connections_ TIDEMARK_GUARDED_BY(mutex_);
  std::jthread acceptor_;
};

}  // namespace tidemark::object_store
