#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_socket.h"
#include "tidemark/http/client.h"
#include "tls_server.h"

namespace tidemark::http {
namespace {

using testing::HasSubstr;

/// Makes `pem` the one certificate that this process trusts, for as long as it lives.
class TrustedCertificate {
 public:
  explicit TrustedCertificate(const std::string& pem) {
    std::string folder = std::filesystem::temp_directory_path() / "tidemark-tls-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    const auto file = folder_ / "trusted.pem";
    std::ofstream(file) << pem;
    ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  }
  ~TrustedCertificate() {
    ::unsetenv("SSL_CERT_FILE");
    std::filesystem::remove_all(folder_);
  }
  TrustedCertificate(const TrustedCertificate&) = delete;
  TrustedCertificate& operator=(const TrustedCertificate&) = delete;

 private:
  std::filesystem::path folder_;
};

Result<Reply> Ask(const std::string& host, std::uint16_t port) {
  Client client({.is_tls = true, .host = host, .port = port, .target = "/"});
  return client.Send({.method = Method::kGet, .target = {}, .headers = {}, .body = {}},
                     Deadline::After(kPatience));
}

TEST(ClientTlsTest, RefusesACertificateThatNobodyVouchesFor) {
  const TlsServer server("IP:127.0.0.1");
  const auto reply = Ask("127.0.0.1", server.port());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(reply.error().message,
              HasSubstr("certificate is not valid (self-signed certificate)"));
}

TEST(ClientTlsTest, TakesATrustedCertificateForTheAddress) {
  const TlsServer server("IP:127.0.0.1");
  const TrustedCertificate trusted(server.CertificatePem());
  const auto reply = Ask("127.0.0.1", server.port());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "secure");
  EXPECT_EQ(server.asked_name(), "") << "an address is no server name";
}

TEST(ClientTlsTest, TakesATrustedCertificateForTheNameAndAsksForIt) {
  const TlsServer server("DNS:localhost");
  const TrustedCertificate trusted(server.CertificatePem());
  const auto reply = Ask("localhost", server.port());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "secure");
  EXPECT_EQ(server.asked_name(), "localhost");
}

TEST(ClientTlsTest, RefusesATrustedCertificateForSomebodyElse) {
  const TlsServer for_name("DNS:other.example");
  const TlsServer for_address("IP:127.0.0.2");
  const TrustedCertificate trusted(for_name.CertificatePem() + for_address.CertificatePem());
  for (const auto& reply :
       {Ask("localhost", for_name.port()), Ask("127.0.0.1", for_address.port())}) {
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(reply.error().message, HasSubstr("mismatch"));
  }
}

TEST(ClientTlsTest, SaysSoWhenTheServerDoesNotSpeakTls) {
  const RawServer server([](RawSocket& socket, int) { socket.Send("HTTP/1.1 400 Bad\r\n\r\n"); });
  const auto reply = Ask("127.0.0.1", server.port());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(reply.error().message, HasSubstr("TLS handshake failed"));
}

TEST(ClientTlsTest, GivesUpInTheHandshakeAtTheDeadline) {
  const RawServer server([](RawSocket& socket, int) { socket.ReadToEnd(); });
  Client client({.is_tls = true, .host = "127.0.0.1", .port = server.port(), .target = "/"});
  const auto reply = client.Send({.method = Method::kGet, .target = {}, .headers = {}, .body = {}},
                                 Deadline::After(std::chrono::milliseconds(300)));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(reply.error().message, HasSubstr("timed out in the TLS handshake"));
}

}  // namespace
}  // namespace tidemark::http
