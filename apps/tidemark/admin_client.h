// The Admin API, as the CLI calls it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/http/client.h"
#include "tidemark/model/names.h"

namespace tidemark::app {

/// Sends requests to one Admin API over one kept-open connection. Not thread-safe.
/// Errors of every call: kUnavailable if it cannot be reached or answers 503; else the code that
/// belongs to the status, with the API's own message.
class AdminClient {
 public:
  static constexpr std::chrono::seconds kTimeout{30};
  /// Of a request that makes the server look through an object store.
  static constexpr std::chrono::seconds kLongTimeout{120};

  /// Errors: kInvalidArgument for a URL that is none.
  static Result<AdminClient> Make(std::string_view url);

  /// Each yields the body of a 2xx reply.
  Result<std::string> Get(std::string_view path);
  Result<std::string> Post(std::string_view path, std::string_view json,
                           std::chrono::seconds timeout = kTimeout);
  Result<std::string> Put(std::string_view path);
  Result<std::string> Delete(std::string_view path);

 private:
  AdminClient(http::Client client, std::string base_path)
      : client_(std::move(client)), base_path_(std::move(base_path)) {}
  Result<std::string> Send(http::Method method, std::string_view path, std::string_view body,
                           std::chrono::seconds timeout);

  http::Client client_;
  std::string base_path_;  // Of the URL, for an API behind a prefix; without a slash at its end.
};

/// "/datasets/<ns>/<name>/versions/<revision>".
std::string VersionPath(const DatasetReference& reference);

}  // namespace tidemark::app
