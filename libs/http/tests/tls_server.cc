#include "tls_server.h"

#include <array>
#include <mutex>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace tidemark::http {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;

Certificate MakeCertificate(EVP_PKEY* key, const std::string& subject_alt_name) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject_alt_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject_alt_name.c_str());
  X509_add_ext(certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

}  // namespace

struct TlsServer::Tls {
  Key key;
  Certificate certificate;
  Context context;
  std::mutex mutex;
  std::string asked_name;
};

TlsServer::TlsServer(const std::string& subject_alt_name) : tls_(std::make_unique<Tls>()) {
  tls_->key.reset(EVP_EC_gen("P-256"));
  tls_->certificate = MakeCertificate(tls_->key.get(), subject_alt_name);
  tls_->context.reset(SSL_CTX_new(TLS_server_method()));
  EXPECT_EQ(SSL_CTX_use_certificate(tls_->context.get(), tls_->certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(tls_->context.get(), tls_->key.get()), 1);
  server_ = std::make_unique<RawServer>([this](RawSocket& socket, int) { Serve(socket); });
}

TlsServer::~TlsServer() = default;

void TlsServer::Serve(RawSocket& socket) {
  const Session session(SSL_new(tls_->context.get()));
  SSL_set_fd(session.get(), socket.fd());
  const bool is_accepted = SSL_accept(session.get()) == 1;
  {
    const char* const name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(tls_->mutex);
    tls_->asked_name = name != nullptr ? name : "";
  }
  if (is_accepted) {
    std::array<char, 4096> request{};
    SSL_read(session.get(), request.data(), static_cast<int>(request.size()));
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure";
    SSL_write(session.get(), answer.data(), static_cast<int>(answer.size()));
    SSL_shutdown(session.get());
  }
  ERR_clear_error();
}

std::string TlsServer::CertificatePem() const {
  const std::unique_ptr<BIO, Freed<BIO_free_all>> memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), tls_->certificate.get());
  char* text = nullptr;
  const long size_bytes = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size_bytes)};
}

std::string TlsServer::asked_name() const {
  const std::lock_guard lock(tls_->mutex);
  return tls_->asked_name;
}

}  // namespace tidemark::http
