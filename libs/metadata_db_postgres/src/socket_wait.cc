#include "socket_wait.h"

#include <poll.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db_postgres {

Result<short> WaitForSocket(int socket, short events, Deadline deadline) {
  pollfd watched{.fd = socket, .events = events, .revents = 0};
  for (;;) {
    const int ready = poll(&watched, 1, static_cast<int>(deadline.Remaining().count()));
    if (ready > 0) return watched.revents;
    if (ready < 0 && errno != EINTR) {
      return MakeError(ErrorCode::kUnavailable,
                       fmt::format("wait for the database: {}", std::strerror(errno)));
    }
    TIDEMARK_TRY(metadata_db::CheckDeadline(deadline));
  }
}

}  // namespace tidemark::metadata_db_postgres
