// One client's connection to the server.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "event_loop.h"
#include "handler_pool.h"
#include "request_check.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/file_descriptor.h"
#include "tidemark/base/metrics.h"
#include "tidemark/http/router.h"
#include "tidemark/http/server.h"
#include "tidemark/http/shortcut.h"

namespace tidemark::http {

struct Exchange;

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

class Connection;
using UnfinishedHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using Connections = std::list<Connection>;

/// What the connections of one I/O thread share, and nobody else touches.
struct LoopState {
  explicit LoopState(ServerParts& server_parts);
  LoopState(const LoopState&) = delete;
  LoopState& operator=(const LoopState&) = delete;
  ~LoopState();

  ServerParts& parts;
  EventLoop events;
  std::string date;      // Of the latest sweep, as the Date header has it.
  std::vector<char> in;  // What has just been read, until its connection has looked at it.
  std::string out;       // The reply that is being sent, until the kernel or its connection has it.
  Connections connections;
  Connections ended;  // To be destroyed when the turn ends.
  /// Those that have left something for when the others have had their turn.
  boost::intrusive::list<UnfinishedHook, boost::intrusive::constant_time_size<false>> unfinished;
  std::vector<std::unique_ptr<Exchange>> spare;  // For requests to come.
  std::size_t turned_away_count = 0;
  Gauge& open_count = ProcessMetrics().GetGauge(
      {.name = "tidemark_http_connections", .help = "Connections of HTTP clients, open now."});
  bool will_send = false;   // The shortcut is to be sent what it has been given.
  bool is_sending = false;  // It is being sent that, on this thread.
  bool is_stopping = false;
};

/// Everything here runs on the I/O thread, but for the handler itself. A connection is always in
/// one phase, and each phase but the handler's has its time limit; the server's sweep asks. It is
/// told once of bytes that come, and so remembers that there may be some to read.
class Connection final : public EventLoop::Watched, public UnfinishedHook {
 public:
  enum class Kind : std::uint8_t {
    kServed,      // Answers requests until the connection ends.
    kTurnedAway,  // Answers 503, whatever is asked, and closes.
  };

  Connection(FileDescriptor socket, Kind kind, LoopState& loop);
  ~Connection() override;

  /// Once it is in the loop's list, at `place`. It takes itself out of it when it has ended.
  void Start(Connections::iterator place);

  void OnReady(std::uint32_t events) override;

  /// Does whatever can be done without waiting.
  void Advance();

  /// Ends the phase if its time is up.
  void CheckTimeout(SteadyTime now);

  /// Closes between two requests; one that is under way, or has come, becomes the last.
  void CloseSoon();

  void CloseNow();

 private:
  enum class Phase : std::uint8_t { kIdle, kHead, kBody, kHandler, kWrite, kLinger, kEnded };

  // Reading: steps of Advance, which yield false if they need more input.
  bool is_reading() const;
  bool TakeInput();
  bool TakeHead();
  void EndHead(std::string_view text);
  bool TakeBody();
  void Read();
  void KeepInput();

  // Answering.
  void Answer();
  void AskShortcut();
  void OnShortcut(const SharedReply& reply);
  void RunHandler();
  void OnHandled(std::optional<Reply> reply);

  // Writing.
  void Refuse(Refusal refusal);
  Reply RefusalReply(Refusal refusal);
  void SendReply(const auto& reply, int status);
  void WriteOn();
  void EndReply(bool is_whole);
  void Linger();
  void Tell(bool is_whole);

  void End();
  Exchange& exchange();
  void Enter(Phase phase);
  std::chrono::milliseconds TimeLimit(Phase phase) const;

  LoopState& loop_;
  ServerParts& parts_;
  FileDescriptor socket_;
  const Kind kind_;
  Phase phase_ = Phase::kIdle;
  bool may_read_ = false;    // There may be something to read, or its end.
  bool input_ends_ = false;  // After what there is to read comes the end.
  bool input_is_kept_ = true;
  Connections::iterator place_;
  SteadyTime expires_at_;
  std::string_view input_;  // What has come and is not used: the end of `kept_`, or of LoopState's.
  std::string kept_;
  std::string unsent_;                  // A reply that the kernel has not taken all of,
  std::size_t unsent_begin_ = 0;        // from here on.
  std::unique_ptr<Exchange> exchange_;  // The request that is under way, if there is one.
};

}  // namespace tidemark::http
