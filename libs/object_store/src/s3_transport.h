// HTTP requests to an S3 store: libcurl, with the bounds in time that open_store.h promises.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "s3_signature.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"

namespace tidemark::object_store {

struct TransportOptions {
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds silence_timeout{0};  // Without a byte, either way.
  std::string certificates_file;                 // Empty: the library's own.
};

struct TransportRequest {
  std::string method;
  std::string url;  // Encoded.
  std::vector<S3Field> headers;
  std::string_view body;
};

struct TransportAnswer {
  int status = 0;
  std::vector<S3Field> headers;  // Names in lower case.
  std::string body;
  bool has_whole_head = false;

  /// Empty if there is no such header.
  std::string_view HeaderOf(std::string_view name) const;
};

/// Keeps connections open between requests, and goes through no proxy. Follows no redirect, and
/// repeats nothing but what went into a kept connection that the server had closed. Thread-safe.
class S3Transport {
 public:
  explicit S3Transport(TransportOptions options);
  S3Transport(const S3Transport&) = delete;
  S3Transport& operator=(const S3Transport&) = delete;
  ~S3Transport();

  /// Any status is an answer.
  /// Errors: kUnavailable if no whole answer came, whatever the server made of the request.
  Result<TransportAnswer> Send(const TransportRequest& request);

 private:
  class Connection;

  std::unique_ptr<Connection> Take();
  void GiveBack(std::unique_ptr<Connection> connection);

  const TransportOptions options_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::object_store
