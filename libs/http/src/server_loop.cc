#include "server_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "net_text.h"
#include "reply_text.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/log.h"

namespace tidemark::http {
namespace {

// Of connections beyond the limit, so many at a time are told so; the rest are only closed.
constexpr std::size_t kMaxTurnedAway = 64;
// The others have their turn before more are taken.
constexpr int kAcceptedATurn = 64;
constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};

/// A second, or less where a limit is so short that a second would be most of it.
std::chrono::milliseconds SweepInterval(const ServerOptions& options) {
  constexpr std::chrono::milliseconds kLongest{1000};
  constexpr std::chrono::milliseconds kShortest{5};
  const auto limit = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(limit / 8, kShortest, kLongest);
}

/// Of file descriptors or memory.
bool IsShortage(const boost::system::error_code& error) {
  constexpr std::array kShortages = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
  return std::ranges::find(kShortages, error.value()) != kShortages.end();
}

}  // namespace

boost::system::error_code ServerLoop::Open(boost::asio::ip::tcp::endpoint endpoint, Port port) {
  boost::system::error_code error = Bind(endpoint, port, acceptor_);
  if (!error) error = Listen(acceptor_);
  if (!error) error = state_.events.Open();
  if (!error) error = state_.events.Add(acceptor_, EPOLLIN, *this);
  port_ = endpoint.port();
  return error;
}

void ServerLoop::Start() {
  Sweep();
  thread_ = std::thread([this] { state_.events.Run([this] { EndTurn(); }); });
}

// Connections wait to be accepted.
void ServerLoop::OnReady(std::uint32_t /*events*/) {
  for (int i = 0; i < kAcceptedATurn && acceptor_.is_open(); ++i) {
    boost::system::error_code error;
    FileDescriptor socket = Accept(acceptor_, error);
    if (!error) {
      Admit(std::move(socket));
    } else if (error.value() == EAGAIN) {
      return;
    } else if (IsShortage(error)) {
      return PauseAccepting(error);
    }
    // Of any other the client has gone already.
  }
}

// The connection stays in the kernel's queue, so without a pause this loop would take the whole
// thread.
void ServerLoop::PauseAccepting(const boost::system::error_code& error) {
  Log(LogLevel::kWarning, "accept_failed", {{"reason", Reason(error)}});
  state_.events.Change(acceptor_, 0, *this);
  state_.events.CallAfter(kPauseAfterAcceptError, [this] {
    if (acceptor_.is_open()) state_.events.Change(acceptor_, EPOLLIN, *this);
  });
}

void ServerLoop::Admit(FileDescriptor socket) {
  const bool has_room = parts_.served_count.fetch_add(1) < parts_.options.max_connections;
  if (!has_room) --parts_.served_count;
  if (!has_room && state_.turned_away_count >= kMaxTurnedAway) return;

  if (!has_room) ++state_.turned_away_count;
  state_.open_count.Add(1);
  const auto kind = has_room ? Connection::Kind::kServed : Connection::Kind::kTurnedAway;
  Connections& connections = state_.connections;
  connections.emplace_back(std::move(socket), kind, state_);
  connections.back().Start(std::prev(connections.end()));
}

void ServerLoop::Sweep() {
  state_.date = FormatHttpDate(SystemClock().Now());
  const SteadyTime now = state_.events.now();
  for (auto next = state_.connections.begin(); next != state_.connections.end();) {
    (next++)->CheckTimeout(now);  // It may leave the list.
  }
  state_.events.CallAfter(SweepInterval(parts_.options), [this] { Sweep(); });
}

void ServerLoop::EndTurn() {
  decltype(state_.unfinished) unfinished;
  unfinished.swap(state_.unfinished);
  while (!unfinished.empty()) {
    auto& connection = static_cast<Connection&>(unfinished.front());
    unfinished.pop_front();
    connection.Advance();
  }

  if (std::exchange(state_.will_send, false)) {
    state_.is_sending = true;
    parts_.shortcut->Send();
    state_.is_sending = false;
  }
  // Answers have made room for requests that had come already.
  if (state_.will_send) state_.events.HasMoreToDo();

  state_.ended.clear();
  if (!state_.connections.empty()) return;
  if (state_.is_stopping && on_drained_) std::exchange(on_drained_, nullptr)();
  if (is_closing_all_) state_.events.Stop();
}

void ServerLoop::BeginStop(std::move_only_function<void()> on_drained) {
  state_.events.Post([this, on_drained = std::move(on_drained)]() mutable {
    on_drained_ = std::move(on_drained);
    state_.is_stopping = true;
    state_.events.Remove(acceptor_);
    acceptor_.Close();
    for (auto next = state_.connections.begin(); next != state_.connections.end();) {
      (next++)->CloseSoon();
    }
  });
}

void ServerLoop::CloseAll() {
  state_.events.Post([this] {
    is_closing_all_ = true;
    for (auto next = state_.connections.begin(); next != state_.connections.end();) {
      (next++)->CloseNow();
    }
  });
}

void ServerLoop::Join() { thread_.join(); }

}  // namespace tidemark::http
