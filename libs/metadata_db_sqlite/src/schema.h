// The schema of the database file, and how a file gets it.
#pragma once

#include <cstdint>

#include "connection.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_sqlite {

/// Whether a schema may be changed.
enum class Migrations : std::uint8_t { kApply, kForbid };

/// Makes the file behind `connection` a database of the present schema: applies, in one
/// transaction, the migrations that it lacks. Does nothing to a file of somebody else's.
/// Errors: kCorruption if the file is no database of ours, is damaged, or has a newer schema;
/// kInvalidArgument if a migration is needed and `migrations` forbids it; kUnavailable.
Status PrepareSchema(Connection& connection, Migrations migrations);

}  // namespace tidemark::metadata_db_sqlite
