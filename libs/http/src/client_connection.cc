#include "client_connection.h"

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net_text.h"
#include "resolve.h"

namespace tidemark::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using TlsStream = asio::ssl::stream<Tcp::socket&>;

/// What an operation of Asio's came to.
struct Outcome {
  error_code error;
  std::size_t size_bytes = 0;
};

std::unexpected<Error> Unavailable(std::string message) {
  return MakeError(ErrorCode::kUnavailable, std::move(message));
}

/// Fails if OpenSSL has no memory, or the system no certificates to read.
Result<std::unique_ptr<asio::ssl::context>> MakeTlsContext() {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code error;
  context->set_default_verify_paths(error);
  if (error) return Unavailable("the system's certificates cannot be read: " + Reason(error));
  context->set_verify_mode(asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  return context;
}

/// Whom the certificate must be for, and whom the server is asked to be.
bool SetPeerName(SSL* ssl, const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  const bool is_address = !error;
  if (is_address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

struct ClientConnection::Impl {
  Status Connect(const Tcp::endpoint& endpoint, const WaitLimit& limit);
  Status StartTls(const std::string& host, const WaitLimit& limit);

  /// Starts an operation and runs the loop until its handler was called.
  Outcome Await(const WaitLimit& limit,
                const std::function<void(std::function<void(error_code, std::size_t)>)>& start);
  void Close();

  asio::io_context io{1};
  Tcp::socket socket{io};
  std::unique_ptr<asio::ssl::context> tls_context;
  std::optional<TlsStream> tls;
};

Outcome ClientConnection::Impl::Await(
    const WaitLimit& limit,
    const std::function<void(std::function<void(error_code, std::size_t)>)>& start) {
  std::optional<Outcome> outcome;
  start([&outcome](error_code error, std::size_t size_bytes) {
    outcome = Outcome{error, size_bytes};
  });
  // Any handler ends run_one_until, so an empty one wakes this thread up.
  const std::stop_callback wake(limit.stop, [this] { asio::post(io, [] {}); });
  io.restart();
  while (!outcome && !limit.IsReached()) io.run_one_until(limit.deadline.time());
  if (outcome) return *outcome;

  // The operation refers to the caller's memory, so it has to end before this function does.
  error_code ignored;
  socket.close(ignored);
  while (!outcome) io.run_one();
  return Outcome{asio::error::operation_aborted, 0};
}

Status ClientConnection::Impl::Connect(const Tcp::endpoint& endpoint, const WaitLimit& limit) {
  error_code error;
  socket.close(error);
  socket.open(endpoint.protocol(), error);
  if (error) return Unavailable(Reason(error));
  const Outcome outcome = Await(limit, [&](const auto& done) {
    socket.async_connect(endpoint, [done](error_code result) { done(result, 0); });
  });
  if (outcome.error) {
    return Unavailable(limit.IsReached() ? std::string(limit.Reason()) + " while connecting"
                                         : Reason(outcome.error));
  }
  socket.set_option(Tcp::no_delay(true), error);
  return {};
}

Status ClientConnection::Impl::StartTls(const std::string& host, const WaitLimit& limit) {
  if (!tls_context) {
    TIDEMARK_TRY(tls_context, MakeTlsContext());
  }
  tls.emplace(socket, *tls_context);
  if (!SetPeerName(tls->native_handle(), host)) return Unavailable("TLS cannot be set up");

  const Outcome outcome = Await(limit, [&](const auto& done) {
    tls->async_handshake(asio::ssl::stream_base::client,
                         [done](error_code result) { done(result, 0); });
  });
  if (!outcome.error) return {};
  if (limit.IsReached()) return Unavailable(std::string(limit.Reason()) + " in the TLS handshake");
  const long verified = SSL_get_verify_result(tls->native_handle());
  if (verified != X509_V_OK) {
    return MakeError(ErrorCode::kInvalidArgument,
                     std::string("the server's certificate is not valid (") +
                         X509_verify_cert_error_string(verified) + ")");
  }
  return Unavailable("TLS handshake failed (" + Reason(outcome.error) + ")");
}

void ClientConnection::Impl::Close() {
  error_code ignored;
  socket.close(ignored);
  tls.reset();
}

ClientConnection::ClientConnection() : impl_(std::make_unique<Impl>()) {}
ClientConnection::~ClientConnection() = default;

Status ClientConnection::Open(const Url& url, const WaitLimit& limit) {
  Close();
  TIDEMARK_TRY(const auto endpoints, Resolve(url.host, url.port, limit));
  Status connected = Unavailable("no address");
  for (std::size_t i = 0; i < endpoints.size() && !connected; ++i) {
    // An address that swallows packets must leave time for the next one.
    const auto share = limit.deadline.Remaining() / (endpoints.size() - i);
    const bool is_last = i + 1 == endpoints.size();
    connected = impl_->Connect(endpoints[i],
                               {is_last ? limit.deadline : Deadline::After(share), limit.stop});
    if (limit.IsReached()) break;
  }
  if (connected && url.is_tls) connected = impl_->StartTls(url.host, limit);
  if (!connected) Close();
  return connected;
}

Status ClientConnection::Write(std::string_view bytes, const WaitLimit& limit) {
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  const Outcome outcome = impl_->Await(limit, [&](auto done) {
    if (impl_->tls) {
      asio::async_write(*impl_->tls, buffer, std::move(done));
    } else {
      asio::async_write(impl_->socket, buffer, std::move(done));
    }
  });
  if (!outcome.error) return {};
  return Unavailable(limit.IsReached() ? std::string(limit.Reason()) + " while sending the request"
                                       : Reason(outcome.error));
}

Result<std::size_t> ClientConnection::ReadSome(std::span<char> space, const WaitLimit& limit) {
  const auto buffer = asio::buffer(space.data(), space.size());
  const Outcome outcome = impl_->Await(limit, [&](auto done) {
    if (impl_->tls) {
      impl_->tls->async_read_some(buffer, std::move(done));
    } else {
      impl_->socket.async_read_some(buffer, std::move(done));
    }
  });
  if (!outcome.error) return outcome.size_bytes;
  if (outcome.error == asio::error::eof) return 0;
  const bool is_limit = limit.IsReached();
  Close();
  return Unavailable(is_limit ? std::string(limit.Reason()) + " waiting for the answer"
                              : Reason(outcome.error));
}

void ClientConnection::Close() { impl_->Close(); }

bool ClientConnection::is_open() const { return impl_->socket.is_open(); }

}  // namespace tidemark::http
