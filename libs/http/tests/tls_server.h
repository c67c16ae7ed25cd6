// A TLS server with a certificate of its own making.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "raw_socket.h"

namespace tidemark::http {

/// Answers one request of each connection with "secure", then closes.
class TlsServer {
 public:
  /// The certificate is for `subject_alt_name`, such as "DNS:localhost" or "IP:127.0.0.1", and
  /// signed by itself.
  explicit TlsServer(const std::string& subject_alt_name);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::uint16_t port() const { return server_->port(); }
  std::string CertificatePem() const;
  /// The server name that the latest client asked for; empty if none.
  std::string asked_name() const;

 private:
  struct Tls;

  void Serve(RawSocket& socket);

  std::unique_ptr<Tls> tls_;
  std::unique_ptr<RawServer> server_;
};

}  // namespace tidemark::http
