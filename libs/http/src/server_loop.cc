#include "server_loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/post.hpp>

#include "net_text.h"
#include "reply_text.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/log.h"

namespace tidemark::http {
namespace {

// Of connections beyond the limit, so many at a time are told so; the rest are only closed.
constexpr std::size_t kMaxTurnedAway = 64;
constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};

/// Asio has no name for it.
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

/// A second, or less where a limit is so short that a second would be most of it.
std::chrono::milliseconds SweepInterval(const ServerOptions& options) {
  constexpr std::chrono::milliseconds kLongest{1000};
  constexpr std::chrono::milliseconds kShortest{5};
  const auto limit = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(limit / 8, kShortest, kLongest);
}

}  // namespace

ServerLoop::ServerLoop(ServerParts& parts) : parts_(parts) {}

boost::system::error_code ServerLoop::Listen(const asio::ip::tcp::endpoint& endpoint, Port port) {
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
  if (!error && port == Port::kShared) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(Acceptor::max_listen_connections, error);
  if (!error) port_ = acceptor_.local_endpoint(error).port();
  return error;
}

void ServerLoop::Start() {
  state_.date = FormatHttpDate(SystemClock().Now());
  asio::co_spawn(io_.get_executor(), Accept(), asio::detached);
  asio::co_spawn(io_.get_executor(), Sweep(), asio::detached);
  thread_ = std::thread([this] { io_.run(); });
}

Awaitable<void> ServerLoop::Accept() {
  while (!state_.is_stopping) {
    auto [error, socket] = co_await acceptor_.async_accept(kAsTuple);
    if (state_.is_stopping) co_return;
    if (!error) {
      Spawn(std::move(socket));
      continue;
    }
    // Most likely there is no file descriptor left. The connection stays in the kernel's queue, so
    // without a pause this loop would take the whole thread.
    Log(LogLevel::kWarning, "accept_failed", {{"reason", Reason(error)}});
    accept_pause_.expires_after(kPauseAfterAcceptError);
    co_await accept_pause_.async_wait(kAsTuple);
  }
}

void ServerLoop::Spawn(Socket socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const bool has_room = parts_.served_count.fetch_add(1) < parts_.options.max_connections;
  if (!has_room) --parts_.served_count;
  if (!has_room && turned_away_count_ >= kMaxTurnedAway) return;

  auto connection = std::make_unique<Connection>(std::move(socket), state_);
  connections_.push_back(*connection);
  if (!has_room) ++turned_away_count_;
  open_count_.Add(1);
  asio::co_spawn(io_.get_executor(),
                 has_room ? Serve(std::move(connection)) : TurnAway(std::move(connection)),
                 asio::detached);
}

Awaitable<void> ServerLoop::Serve(std::unique_ptr<Connection> connection) {
  co_await connection->Serve();
  --parts_.served_count;
  open_count_.Add(-1);
  connection.reset();
  CheckDrained();
}

Awaitable<void> ServerLoop::TurnAway(std::unique_ptr<Connection> connection) {
  co_await connection->TurnAway();
  --turned_away_count_;
  open_count_.Add(-1);
  connection.reset();
  CheckDrained();
}

Awaitable<void> ServerLoop::Sweep() {
  const std::chrono::milliseconds interval = SweepInterval(parts_.options);
  while (!is_closing_all_) {
    sweep_timer_.expires_after(interval);
    co_await sweep_timer_.async_wait(kAsTuple);
    state_.date = FormatHttpDate(SystemClock().Now());
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Connection& connection : connections_) connection.CheckTimeout(now);
  }
}

void ServerLoop::BeginStop(std::move_only_function<void()> on_drained) {
  asio::post(io_, [this, on_drained = std::move(on_drained)]() mutable {
    on_drained_ = std::move(on_drained);
    state_.is_stopping = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    for (Connection& connection : connections_) connection.CloseSoon();
    CheckDrained();
  });
}

void ServerLoop::CheckDrained() {
  if (!state_.is_stopping || !connections_.empty()) return;
  if (on_drained_) std::exchange(on_drained_, nullptr)();
}

void ServerLoop::CloseAll() {
  asio::post(io_, [this] {
    is_closing_all_ = true;
    sweep_timer_.cancel();
    for (Connection& connection : connections_) connection.CloseNow();
  });
}

void ServerLoop::Join() {
  work_.reset();
  thread_.join();
}

}  // namespace tidemark::http
