#include "tidemark/http/server.h"

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "connection.h"
#include "listener.h"
#include "net_text.h"
#include "server_loop.h"
#include "tidemark/base/mutex.h"

namespace tidemark::http {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kGraceOfDestructor{2000};

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

/// Whether somebody listens there already. Those who share a port are not told, so it is asked
/// first, as somebody who does not share.
boost::system::error_code CheckUnused(asio::ip::tcp::endpoint endpoint) {
  FileDescriptor socket;
  return Bind(endpoint, Port::kOwn, socket);
}

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& server_options, Router server_router,
       std::shared_ptr<Shortcut> server_shortcut, ServedObserver served_observer)
      : options(server_options),
        router(std::move(server_router)),
        shortcut(std::move(server_shortcut)),
        observer(std::move(served_observer)) {
    for (std::size_t i = 0; i < options.io_threads; ++i) {
      loops.push_back(std::make_unique<ServerLoop>(parts));
    }
  }

  Status Listen();

  const ServerOptions options;
  const Router router;
  const std::shared_ptr<Shortcut> shortcut;
  ServedObserver observer;
  HandlerPool pool{options.handler_threads, options.max_queued_requests};
  ServerParts parts{.options = options,
                    .router = router,
                    .shortcut = shortcut.get(),
                    .observer = observer,
                    .pool = pool,
                    .served_count = 0,
                    .body_bytes = 0};
  std::vector<std::unique_ptr<ServerLoop>> loops;

  Mutex stop_mutex;  // Held for the whole of Stop.
  bool is_stopped TIDEMARK_GUARDED_BY(stop_mutex) = false;
  Mutex drain_mutex;
  CondVar drained;
  std::size_t drained_loops TIDEMARK_GUARDED_BY(drain_mutex) = 0;
};

Status Server::Impl::Listen() {
  TIDEMARK_TRY(auto endpoint, ParseEndpoint(options));
  const Port port = loops.size() > 1 ? Port::kShared : Port::kOwn;
  boost::system::error_code error;
  if (port == Port::kShared) error = CheckUnused(endpoint);
  for (const auto& loop : loops) {
    if (!error) error = loop->Open(endpoint, port);
    endpoint.port(loop->port());  // The one that the kernel has chosen.
  }
  if (!error) return {};
  return MakeError(
      ErrorCode::kUnavailable,
      "cannot listen on " + FormatEndpoint(options.host, options.port) + ": " + Reason(error));
}

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Router router,
                                              std::shared_ptr<Shortcut> shortcut,
                                              ServedObserver observer) {
  if (options.handler_threads == 0 || options.io_threads == 0 || options.max_connections == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a server needs an I/O thread, a handler thread and room for a connection");
  }
  auto impl =
      std::make_unique<Impl>(options, std::move(router), std::move(shortcut), std::move(observer));
  TIDEMARK_TRY(impl->Listen());
  for (const auto& loop : impl->loops) loop->Start();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// A thread that cannot be joined, or no memory to ask it to stop: the process ends here.
// NOLINTNEXTLINE(bugprone-exception-escape)
Server::~Server() { Stop(kGraceOfDestructor); }

std::uint16_t Server::port() const { return impl_->loops.front()->port(); }

void Server::Stop(std::chrono::milliseconds grace) {
  Impl& impl = *impl_;
  const MutexLock stop_lock(impl.stop_mutex);
  if (impl.is_stopped) return;
  impl.is_stopped = true;

  const Deadline deadline = Deadline::After(grace);
  for (const auto& loop : impl.loops) {
    loop->BeginStop([&impl] {
      const MutexLock lock(impl.drain_mutex);
      ++impl.drained_loops;
      impl.drained.NotifyAll();
    });
  }
  {
    const MutexLock lock(impl.drain_mutex);
    while (impl.drained_loops < impl.loops.size() && !deadline.HasPassed()) {
      impl.drained.WaitUntil(impl.drain_mutex, deadline);
    }
  }
  impl.pool.Close();  // What still waits is answered 503 before its connection is closed.
  for (const auto& loop : impl.loops) loop->CloseAll();
  // A connection whose request has not been answered yet ends when the answer comes, and every
  // handler has posted its own when the pool has stopped. A loop runs until its last has ended.
  impl.pool.Stop();
  for (const auto& loop : impl.loops) loop->Join();
}

}  // namespace tidemark::http
