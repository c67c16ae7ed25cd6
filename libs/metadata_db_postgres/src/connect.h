// How a session with the server comes about.
#pragma once

#include <memory>
#include <string>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

struct pg_conn;

namespace tidemark::metadata_db_postgres {

struct FinishConnection {
  void operator()(pg_conn* connection) const;
};
using ConnectionPtr = std::unique_ptr<pg_conn, FinishConnection>;

/// Errors: kInvalidArgument, without a word of the URL, which holds a password.
Status CheckUrl(const std::string& url);

/// Connects and signs in; the connection does not block. A server that is starting is asked again.
/// Errors: kUnavailable.
Result<ConnectionPtr> Connect(const std::string& url, Deadline deadline);

}  // namespace tidemark::metadata_db_postgres
