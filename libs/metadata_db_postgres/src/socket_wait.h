// Waiting for a connection's socket.
#pragma once

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// Blocks until the socket has one of the poll(2) `events`, or an error to read, and yields what it
/// has.
/// Errors: kUnavailable once the deadline has passed.
Result<short> WaitForSocket(int socket, short events, Deadline deadline);

}  // namespace tidemark::metadata_db_postgres
