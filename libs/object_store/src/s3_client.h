// Requests about the objects of one S3 bucket, for what Arrow's file system cannot say: signed, and
// repeated where that may help.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "s3_signature.h"
#include "s3_transport.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"

namespace tidemark::object_store {

struct S3ClientOptions {
  std::string bucket;
  std::string region;
  std::string scheme = "https";
  std::string authority;  // "host:port"; empty: Amazon's own for the region.
  bool is_virtual_hosted = false;
  /// Asked for each request: temporary ones are replaced in time. Thread-safe.
  std::function<S3Credentials()> credentials;
  TransportOptions transport;
  int attempts = 1;
};

struct S3Request {
  std::string method;
  std::string key;                  // Of the object, not encoded; empty: the bucket.
  std::vector<S3Field> parameters;  // Of the query.
  std::vector<S3Field> headers;     // Names in lower case.
  std::string_view body;
};

struct S3Answer : TransportAnswer {
  // Of an error, also of one that S3 reports with the status 200. Else empty.
  std::string code;
  std::string message;
  // An earlier attempt had no answer, or one that does not say whether it was done.
  bool may_have_been_done = false;

  bool is_ok() const { return status == 200 && code.empty(); }
  /// "403 AccessDenied: Access Denied"
  std::string Text() const;
};

/// The text of the first element of that name, without entities; "" if there is none.
std::string FindS3Element(std::string_view xml, std::string_view name);

/// Thread-safe.
class S3Client {
 public:
  explicit S3Client(S3ClientOptions options);

  /// The last answer of `attempts`: whatever it says is an answer.
  /// Errors: kUnavailable if the last of them got none. What it asked for may have been done.
  Result<S3Answer> Send(const S3Request& request, int attempts);
  Result<S3Answer> Send(const S3Request& request) { return Send(request, options_.attempts); }

  /// Whether the store is one that knows If-None-Match, as far as is known.
  bool knows_conditions() const { return knows_conditions_; }
  /// It is not, and the log says so once.
  void ForgetConditions();

 private:
  Result<S3Answer> SendOnce(const S3Request& request, std::string_view region);
  bool LearnsFrom(const S3Answer& answer, std::string_view region);
  std::string region() TIDEMARK_EXCLUDES(mutex_);

  const S3ClientOptions options_;
  S3Transport transport_;
  std::atomic<bool> knows_conditions_ = true;
  std::atomic<std::chrono::seconds> clock_is_behind_{};
  Mutex mutex_;
  std::string region_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::object_store
