#include "tidemark/http/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include "asio_types.h"
#include "connection.h"
#include "net_text.h"
#include "reply_text.h"
#include "shortcut_inbox.h"
#include "tidemark/base/log.h"
#include "tidemark/base/mutex.h"

namespace tidemark::http {
namespace {

// Of connections beyond the limit, so many at a time are told so; the rest are only closed.
constexpr std::size_t kMaxTurnedAway = 64;
constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};
constexpr std::chrono::milliseconds kGraceOfDestructor{2000};

/// A second, or less where a limit is so short that a second would be most of it.
std::chrono::milliseconds SweepInterval(const ServerOptions& options) {
  constexpr std::chrono::milliseconds kLongest{1000};
  constexpr std::chrono::milliseconds kShortest{5};
  const auto limit = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(limit / 8, kShortest, kLongest);
}

Result<asio::ip::tcp::endpoint> ParseEndpoint(const ServerOptions& options) {
  const std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "cannot listen on '" + options.host + "': it is no IP address");
  }
  return asio::ip::tcp::endpoint(address, options.port);
}

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& server_options, Router server_router,
       std::shared_ptr<Shortcut> server_shortcut, ServedObserver served_observer)
      : options(server_options),
        router(std::move(server_router)),
        shortcut(std::move(server_shortcut)),
        observer(std::move(served_observer)) {}

  Status Listen();
  void Run();

  // On the I/O thread.
  Awaitable<void> Accept();
  Awaitable<void> Serve(std::unique_ptr<Connection> connection);
  Awaitable<void> TurnAway(std::unique_ptr<Connection> connection);
  Awaitable<void> Sweep();
  void Spawn(Socket socket);
  void BeginStop();
  void CloseAll();
  void CheckDrained();

  const ServerOptions options;
  const Router router;
  const std::shared_ptr<Shortcut> shortcut;
  ServedObserver observer;
  asio::io_context io{1};
  asio::executor_work_guard<Executor> work{io.get_executor()};
  Acceptor acceptor{io.get_executor()};
  Timer accept_pause{io.get_executor()};
  Timer sweep_timer{io.get_executor()};
  HandlerPool pool{options.handler_threads, options.max_queued_requests};
  ShortcutInbox inbox{io.get_executor()};
  ServerState state{.options = options,
                    .router = router,
                    .shortcut = shortcut.get(),
                    .observer = observer,
                    .pool = pool,
                    .inbox = inbox,
                    .date = {}};
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> connections;
  std::size_t served_count = 0;
  std::size_t turned_away_count = 0;
  bool is_closing_all = false;
  std::uint16_t port = 0;
  std::thread io_thread;

  Mutex stop_mutex;  // Held for the whole of Stop.
  bool is_stopped TIDEMARK_GUARDED_BY(stop_mutex) = false;
  Mutex drain_mutex;
  CondVar drained;
  bool is_drained TIDEMARK_GUARDED_BY(drain_mutex) = false;
};

Status Server::Impl::Listen() {
  TIDEMARK_TRY(const auto endpoint, ParseEndpoint(options));
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
  if (!error) port = acceptor.local_endpoint(error).port();
  if (error) {
    return MakeError(
        ErrorCode::kUnavailable,
        "cannot listen on " + FormatEndpoint(options.host, options.port) + ": " + Reason(error));
  }
  return {};
}

void Server::Impl::Run() {
  state.date = FormatHttpDate(SystemClock().Now());
  asio::co_spawn(io.get_executor(), Accept(), asio::detached);
  asio::co_spawn(io.get_executor(), Sweep(), asio::detached);
  io_thread = std::thread([this] { io.run(); });
}

Awaitable<void> Server::Impl::Accept() {
  while (!state.is_stopping) {
    auto [error, socket] = co_await acceptor.async_accept(kAsTuple);
    if (state.is_stopping) co_return;
    if (!error) {
      Spawn(std::move(socket));
      continue;
    }
    // Most likely there is no file descriptor left. The connection stays in the kernel's queue, so
    // without a pause this loop would take the whole thread.
    Log(LogLevel::kWarning, "accept_failed", {{"reason", Reason(error)}});
    accept_pause.expires_after(kPauseAfterAcceptError);
    co_await accept_pause.async_wait(kAsTuple);
  }
}

void Server::Impl::Spawn(Socket socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const bool has_room = served_count < options.max_connections;
  if (!has_room && turned_away_count >= kMaxTurnedAway) return;

  auto connection = std::make_unique<Connection>(std::move(socket), state);
  connections.push_back(*connection);
  ++(has_room ? served_count : turned_away_count);
  asio::co_spawn(io.get_executor(),
                 has_room ? Serve(std::move(connection)) : TurnAway(std::move(connection)),
                 asio::detached);
}

Awaitable<void> Server::Impl::Serve(std::unique_ptr<Connection> connection) {
  co_await connection->Serve();
  --served_count;
  connection.reset();
  CheckDrained();
}

Awaitable<void> Server::Impl::TurnAway(std::unique_ptr<Connection> connection) {
  co_await connection->TurnAway();
  --turned_away_count;
  connection.reset();
  CheckDrained();
}

Awaitable<void> Server::Impl::Sweep() {
  const std::chrono::milliseconds interval = SweepInterval(options);
  while (!is_closing_all) {
    sweep_timer.expires_after(interval);
    co_await sweep_timer.async_wait(kAsTuple);
    state.date = FormatHttpDate(SystemClock().Now());
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Connection& connection : connections) connection.CheckTimeout(now);
  }
}

void Server::Impl::BeginStop() {
  state.is_stopping = true;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  accept_pause.cancel();
  for (Connection& connection : connections) connection.CloseSoon();
  CheckDrained();
}

void Server::Impl::CloseAll() {
  is_closing_all = true;
  sweep_timer.cancel();
  for (Connection& connection : connections) connection.CloseNow();
}

void Server::Impl::CheckDrained() {
  if (!state.is_stopping || !connections.empty()) return;
  const MutexLock lock(drain_mutex);
  is_drained = true;
  drained.NotifyAll();
}

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Router router,
                                              std::shared_ptr<Shortcut> shortcut,
                                              ServedObserver observer) {
  if (options.handler_threads == 0 || options.max_connections == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a server needs a handler thread and room for a connection");
  }
  auto impl =
      std::make_unique<Impl>(options, std::move(router), std::move(shortcut), std::move(observer));
  TIDEMARK_TRY(impl->Listen());
  impl->Run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// A thread that cannot be joined, or no memory to ask it to stop: the process ends here.
// NOLINTNEXTLINE(bugprone-exception-escape)
Server::~Server() { Stop(kGraceOfDestructor); }

std::uint16_t Server::port() const { return impl_->port; }

void Server::Stop(std::chrono::milliseconds grace) {
  Impl& impl = *impl_;
  const MutexLock stop_lock(impl.stop_mutex);
  if (impl.is_stopped) return;
  impl.is_stopped = true;

  const Deadline deadline = Deadline::After(grace);
  asio::post(impl.io, [&impl] { impl.BeginStop(); });
  {
    const MutexLock lock(impl.drain_mutex);
    while (!impl.is_drained && !deadline.HasPassed()) {
      impl.drained.WaitUntil(impl.drain_mutex, deadline);
    }
  }
  impl.pool.Close();  // What still waits is answered 503 before its connection is closed.
  asio::post(impl.io, [&impl] { impl.CloseAll(); });
  // Every handler has posted its reply when the pool has stopped, and a shortcut's answer is work
  // of the I/O thread until it comes. So that thread, which runs until nothing is left to do, ends
  // every connection's coroutine before it ends.
  impl.pool.Stop();
  impl.work.reset();
  impl.io_thread.join();
}

}  // namespace tidemark::http
