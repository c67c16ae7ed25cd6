// The schema of the database file, and how a file gets it.
#pragma once

#include "connection.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_sqlite {

/// Makes the file behind `connection` a database of the present schema: applies, in one
/// transaction, the migrations that it lacks. Does nothing to a file of somebody else's.
/// Errors: kCorruption if the file is no database of ours, is damaged, or has a newer schema;
/// kUnavailable.
Status PrepareSchema(Connection& connection);

}  // namespace tidemark::metadata_db_sqlite
