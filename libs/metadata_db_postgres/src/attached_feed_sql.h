// The SQL of the change feed beside Amp's tables.
#pragma once

#include <cstdint>

namespace tidemark::metadata_db_postgres {

/// Of the objects that kCreateAttachedFeed makes; in the comment on their schema.
inline constexpr std::int64_t kAttachedFeedFormat = 1;
/// How many triggers it puts on Amp's tables.
inline constexpr std::int64_t kAttachedFeedTriggers = 24;

/// Makes the schema "tidemark" with all that is in it, and the triggers. To be run in a transaction
/// that has locked Amp's tables.
extern const char* const kCreateAttachedFeed;
/// Lets everybody read the feed who may read Amp's table of files now.
extern const char* const kGrantAttachedFeed;
/// Takes away all that kCreateAttachedFeed makes, as far as it is there. Nothing else may be in the
/// schema.
extern const char* const kDropAttachedFeed;

}  // namespace tidemark::metadata_db_postgres
