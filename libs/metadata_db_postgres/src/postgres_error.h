// PostgreSQL's failures as ours.
#pragma once

#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// What the server says of a failure. Without a SQLSTATE, the failure is the connection's.
struct Failure {
  std::string_view sql_state;
  std::string_view message;
  std::string_view role;  // Whom we are connected as.
};

/// The one place where a SQLSTATE becomes an ErrorCode. `action` says what was being done.
Error ToError(const Failure& failure, std::string_view action);

/// Whether the transaction lost against another one and may be tried again from its start.
bool IsLostRace(std::string_view sql_state);

/// Whether the same statement may work on a new connection, though this one lives: what it had
/// prepared does not fit any more.
bool IsStalePlan(std::string_view sql_state);

/// Whether the server is on its way up and will soon take connections.
bool IsStarting(std::string_view sql_state);

}  // namespace tidemark::metadata_db_postgres
