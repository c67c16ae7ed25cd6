// Bytes to and from a loopback port, without any HTTP in between, for what a well-behaved client or
// server would never send.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace tidemark::http {

/// No test waits longer than this for anything.
inline constexpr std::chrono::seconds kPatience{10};

/// A connected TCP socket.
class RawSocket {
 public:
  explicit RawSocket(int fd) : fd_(fd) {}
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&& other) noexcept;
  ~RawSocket();

  /// Connects to 127.0.0.1.
  static RawSocket ConnectTo(std::uint16_t port);

  /// Writes all of it; false if the other end is gone or does not read for kPatience.
  bool Send(std::string_view bytes);
  /// Tells the other end that no more comes.
  void FinishSending();
  /// Closes with a reset.
  void Reset();
  void ShrinkReceiveBuffer();
  bool is_open() const { return fd_ >= 0; }
  /// Whether something has come that nobody has read, or the end.
  bool IsReadable() const;
  /// Whether reading has ended in a reset and not in an orderly close.
  bool was_reset() const { return was_reset_; }
  int fd() const { return fd_; }

  /// What comes until `end` has come, the other end closes, or kPatience is over.
  std::string ReadUntil(std::string_view end);
  /// What comes until the other end closes; nullopt if it does not within kPatience.
  std::optional<std::string> ReadToEnd();
  /// One reply: head and as much body as its Content-Length says; empty if the stream ends first.
  std::string ReadReply();

 private:
  /// False at the end of the stream or after kPatience.
  bool ReadSome();

  int fd_ = -1;
  std::string pending_;  // Read, but not yet returned.
  bool is_ended_ = false;
  bool was_reset_ = false;
};

/// Listens on a loopback port and runs `script` over each connection, one after another.
class RawServer {
 public:
  /// The script is given the connection and its number, from 0.
  using Script = std::function<void(RawSocket&, int)>;

  explicit RawServer(Script script);
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer();

  std::uint16_t port() const { return port_; }

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Tries `condition` until it is true or kPatience is over; returns its last value.
bool Eventually(const std::function<bool()>& condition);

}  // namespace tidemark::http
