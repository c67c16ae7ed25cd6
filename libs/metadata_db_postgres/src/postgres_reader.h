// The reader of the PostgreSQL store.
#pragma once

#include <memory>

#include "connection_pool.h"
#include "ownership.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "transaction.h"

namespace tidemark::metadata_db_postgres {

/// Reads in a transaction of its own, which ends when it goes.
Result<std::unique_ptr<metadata_db::MetadataReader>> OpenPostgresReader(
    std::shared_ptr<ConnectionPool> pool, Ownership ownership, Transaction::Start start,
    Deadline deadline);

}  // namespace tidemark::metadata_db_postgres
