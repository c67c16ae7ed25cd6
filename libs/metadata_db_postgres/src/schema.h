// The schema of the database, and how a database gets it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "connection_pool.h"
#include "ownership.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// The SQL of migration 1, 2 ...
std::span<const char* const> AllMigrations();

/// Finds out whose the database is, and makes one that is ours, or empty, a database of the schema
/// that `migrations` lead to, if they may be applied: each in a transaction of its own, by one
/// process at a time. Changes nothing in a database of somebody else's.
/// Errors: kCorruption if the database is neither ours nor Amp's, or has a newer schema, or is one
/// of Amp's without the tables and columns that are read; kInvalidArgument if it needs a migration
/// that may not be applied; kUnavailable.
Result<Ownership> PrepareSchema(const std::shared_ptr<ConnectionPool>& pool,
                                std::span<const char* const> migrations, bool may_migrate,
                                Deadline deadline);

/// Begins the change feed of a database of ours anew if it was copied to this server from another.
/// Errors: kUnavailable.
Status RenewFeed(const std::shared_ptr<ConnectionPool>& pool, Deadline deadline);

}  // namespace tidemark::metadata_db_postgres
