// Whether a snapshot of Amp's database has a feed that can be believed.
#pragma once

#include <cstdint>
#include <string>

#include "connection.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// The triggers of the feed that fire.
struct FeedTriggers {
  std::int64_t count = 0;
  std::string mark;  // Another one once somebody has touched a trigger or its function.
};

Result<FeedTriggers> ReadFeedTriggers(Connection& connection);

/// In a reading transaction: whether it sees a feed that is whole, as it was installed, without
/// faults, of this server, and that the role may read. It then stays until the transaction ends.
/// Errors: kUnavailable.
Result<bool> HasAttachedFeed(Connection& connection);

}  // namespace tidemark::metadata_db_postgres
