// The metadata database in PostgreSQL: what `tidemark server` and `tidemark worker` share. Amp's
// tables, column for column, in the schema "public", and our own in the schema "tidemark"; or a
// database that belongs to an Amp deployment, which is only read, and the change feed that an
// operator may put there. The driver does not show outside this library. Not here: what the stored
// rows must look like and which writes are refused (metadata_db).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db_postgres {

struct PostgresOptions {
  // postgres://user:password@host:port/database?parameter=value, or libpq's "host=... dbname=...".
  // What it leaves out comes from libpq's environment variables (PGUSER ...).
  std::string url = {};
  // Connections at most; a call that finds them all taken waits for one. The defaults are Amp's.
  std::size_t pool_size = 10;
  // Idle connections that stay open however long nobody needs them.
  std::size_t pool_size_min = 3;
  std::chrono::milliseconds acquire_timeout{5'000};
  std::chrono::milliseconds connection_lifetime_max{1'800'000};
  std::chrono::milliseconds idle_timeout{600'000};
  // Whether a database of ours is created or migrated as needed; else one whose schema is missing
  // or old is refused.
  bool auto_migrate = true;
  // Gives every stored time, and the time that leases are measured by. Null: the database's clock,
  // which is the one that all servers share. Outlives the store.
  const Clock* clock = nullptr;
};

/// Opens the database. One that an Amp deployment made (it has the table _sqlx_migrations) is only
/// read: the store is read-only, and SELECT on its tables is all that the role needs. While an
/// operator's change feed is there (attached_feed.h), it is read as one of ours. Any other is
/// ours: its schema is created or migrated, by one server at a time however many start together.
/// Every function of the store ends at its deadline, whatever the server does or fails to do.
/// Errors: kUnavailable if the server does not answer or refuses the connection; kInvalidArgument
/// if the URL cannot be read, or if the schema is missing or old and must not be migrated;
/// kCorruption if the database has tables of our names but is neither ours nor Amp's, or was
/// written by a newer Tidemark.
Result<std::unique_ptr<metadata_db::MetadataStore>> OpenPostgresStore(
    const PostgresOptions& options, Deadline deadline);

}  // namespace tidemark::metadata_db_postgres
