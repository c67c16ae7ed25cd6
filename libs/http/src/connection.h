// One client's connection to the server.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/intrusive/list.hpp>

#include "asio_types.h"
#include "handler_pool.h"
#include "request_check.h"
#include "shortcut_inbox.h"
#include "tidemark/base/clock.h"
#include "tidemark/http/router.h"
#include "tidemark/http/server.h"
#include "tidemark/http/shortcut.h"

namespace tidemark::http {

/// What all connections of a server share.
struct ServerParts {
  const ServerOptions& options;
  const Router& router;
  Shortcut* shortcut;        // Or nullptr.
  ServedObserver& observer;  // Or nullptr.
  HandlerPool& pool;
  std::atomic<std::size_t> served_count;  // Connections that count against the limit.
  std::atomic<std::size_t> body_bytes;    // What bodies under way may come to.
};

/// What the connections of one I/O thread share, and nobody else touches.
struct LoopState {
  ServerParts& parts;
  ShortcutInbox& inbox;
  std::string date;  // Of the latest sweep, as the Date header has it.
  std::string out;   // The reply that is being sent, until the kernel or its connection has it.
  bool will_send = false;  // The shortcut is about to be sent what it has been given.
  bool is_stopping = false;
};

/// Everything here runs on the I/O thread, but for the handler itself. A connection is always in
/// one phase, and each phase but the handler's has its time limit; the server's sweep asks.
class Connection : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Connection(Socket socket, LoopState& loop);

  /// Answers requests until the connection ends.
  Awaitable<void> Serve();

  /// Answers 503, whatever is asked, and closes.
  Awaitable<void> TurnAway();

  /// Ends the phase if its time is up.
  void CheckTimeout(SteadyTime now);

  /// Closes between two requests; a request under way becomes the last.
  void CloseSoon();

  void CloseNow();

 private:
  enum class Phase : std::uint8_t { kIdle, kHead, kBody, kHandler, kWrite, kLinger };
  enum class HeadStep : std::uint8_t { kDone, kNeedsMore, kNobody };  // Nobody to answer.

  struct Exchange;
  struct Sent;

  HeadStep TakeHead(Exchange& exchange);
  HeadStep EndHead(Exchange& exchange) const;
  Awaitable<bool> ReadBody(Exchange& exchange);
  Awaitable<bool> ReadMore();
  Awaitable<void> TakeShortcut(Request& request, ShortcutInbox::Waiter& waiter);
  void SendSoon();
  Awaitable<std::optional<Reply>> RunHandler(Request& request);
  std::optional<Reply> AnswerAtOnce(Exchange& exchange);
  bool MayTakeShortcut(const Exchange& exchange) const;
  bool PrintReply(const Exchange& exchange, const auto& reply);
  std::size_t WriteAtOnce(std::string_view bytes);
  Awaitable<bool> Write(std::string_view bytes);
  void Tell(const Exchange& exchange, const Sent& sent);
  Awaitable<void> Linger();

  void Enter(Phase phase);
  std::chrono::milliseconds TimeLimit(Phase phase) const;
  boost::asio::mutable_buffer Space();
  std::string_view Buffered() const;
  void SkipEmptyLines();
  Reply Refuse(const Request& request, Refusal refusal) const;

  Socket socket_;
  LoopState& loop_;
  ServerParts& parts_;
  boost::beast::flat_buffer buffer_;
  SteadyTime expires_at_;
  Phase phase_ = Phase::kIdle;
  bool has_timed_out_ = false;  // In this phase.
};

}  // namespace tidemark::http
