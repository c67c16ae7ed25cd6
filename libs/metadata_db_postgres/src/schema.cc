#include "schema.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "migrations.h"
#include "transaction.h"

namespace tidemark::metadata_db_postgres {
namespace {

// From the catalog, which everybody may read: a role may lack the right to look into a schema.
constexpr Query kIdentity{R"sql(
WITH present AS (
  SELECT n.nspname AS schema, c.relname AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f'))
SELECT
  EXISTS (SELECT 1 FROM present WHERE schema = 'public' AND name = '_sqlx_migrations'),
  EXISTS (SELECT 1 FROM present WHERE schema = 'tidemark' AND name = 'migrations'),
  (SELECT string_agg(schema || '.' || name, ', ' ORDER BY schema, name) FROM present
   WHERE schema = 'tidemark' OR (schema = 'public' AND name IN
     ('workers', 'jobs', 'jobs_status', 'job_events', 'manifest_files', 'dataset_manifests', 'tags',
      'physical_tables', 'physical_table_revisions', 'file_metadata', 'footer_cache',
      'gc_manifest'))),
  EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'tidemark'))sql"};

constexpr Query kVersion{"SELECT coalesce(max(version), 0) FROM tidemark.migrations"};

// The columns of Amp's that are read and are not there, or may not be read.
constexpr Query kUnreadable{R"sql(
SELECT w.relation || '.' || w.name, a.attnum IS NOT NULL
FROM (VALUES
  ('workers', 'node_id'), ('workers', 'heartbeat_at'), ('workers', 'created_at'),
  ('workers', 'registered_at'), ('workers', 'info'),
  ('jobs', 'id'), ('jobs', 'created_at'),
  ('jobs_status', 'job_id'), ('jobs_status', 'node_id'), ('jobs_status', 'status'),
  ('jobs_status', 'updated_at'),
  ('job_events', 'id'), ('job_events', 'created_at'), ('job_events', 'job_id'),
  ('job_events', 'node_id'), ('job_events', 'event_type'), ('job_events', 'detail'),
  ('manifest_files', 'hash'), ('manifest_files', 'path'), ('manifest_files', 'kind'),
  ('dataset_manifests', 'namespace'), ('dataset_manifests', 'name'), ('dataset_manifests', 'hash'),
  ('tags', 'namespace'), ('tags', 'name'), ('tags', 'version'), ('tags', 'hash'),
  ('tags', 'created_at'), ('tags', 'updated_at'),
  ('physical_tables', 'dataset_namespace'), ('physical_tables', 'dataset_name'),
  ('physical_tables', 'table_name'), ('physical_tables', 'manifest_hash'),
  ('physical_tables', 'active_revision_id'),
  ('physical_table_revisions', 'id'), ('physical_table_revisions', 'path'),
  ('physical_table_revisions', 'writer'), ('physical_table_revisions', 'metadata'),
  ('file_metadata', 'id'), ('file_metadata', 'location_id'), ('file_metadata', 'file_name'),
  ('file_metadata', 'metadata'), ('file_metadata', 'object_size'),
  ('file_metadata', 'object_e_tag'), ('file_metadata', 'object_version'), ('file_metadata', 'url'),
  ('footer_cache', 'file_id'), ('footer_cache', 'footer')
) AS w (relation, name)
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'public'
LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.relation
LEFT JOIN pg_catalog.pg_attribute a
  ON a.attrelid = c.oid AND a.attname = w.name AND NOT a.attisdropped
WHERE a.attnum IS NULL OR NOT has_schema_privilege('public', 'USAGE')
   OR NOT has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY 1)sql"};

// "tidemark" in ASCII: everybody who migrates holds this lock.
constexpr Query kLockMigrations{"SELECT pg_advisory_xact_lock(8388346167743836779)"};
constexpr Query kSetVersion{
    "INSERT INTO tidemark.migrations (version, applied_at) VALUES ($1, statement_timestamp())"};

constexpr Query kRenewFeed{"SELECT tidemark.renew_feed()"};

// Whose the database is, and how many migrations it has had, if it is ours.
struct Identity {
  Ownership ownership = Ownership::kOurs;
  std::size_t version = 0;
};

Result<Identity> Identify(Connection& connection, std::size_t version_known) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kIdentity));
  const Row row = rows[0];
  if (row.Int64(0) != 0) return Identity{.ownership = Ownership::kAmps};
  if (row.Int64(1) == 0) {
    if (row.IsNull(2) && row.Int64(3) == 0) return Identity{.version = 0};
    return MakeError(
        ErrorCode::kCorruption,
        fmt::format("it is neither Tidemark's nor Amp's, but is not empty: it has {}; give "
                    "Tidemark an empty database",
                    row.IsNull(2) ? "the schema tidemark" : row.Text(2)));
  }
  TIDEMARK_TRY(const Rows versions, connection.Run(kVersion));
  const std::int64_t version = versions[0].Int64(0);
  if (version < 0 || std::cmp_greater(version, version_known)) {
    return MakeError(
        ErrorCode::kCorruption,
        fmt::format("it was written by a newer Tidemark: its schema is version {}, and this "
                    "program knows {}",
                    version, version_known));
  }
  return Identity{.version = static_cast<std::size_t>(version)};
}

Status CheckAmps(Connection& connection) {
  TIDEMARK_TRY(const Rows unreadable, connection.Run(kUnreadable));
  for (std::size_t i = 0; i < unreadable.size(); ++i) {
    if (unreadable[i].Int64(1) != 0) continue;
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("it has the table _sqlx_migrations, so it is taken for Amp's, but "
                                 "not the column {}: is its schema older than March 2026?",
                                 unreadable[i].Text(0)));
  }
  if (unreadable.empty()) return {};
  return MakeError(
      ErrorCode::kUnavailable,
      fmt::format("the role \"{0}\" may not read {1}; GRANT USAGE ON SCHEMA public TO \"{0}\"; "
                  "GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{0}\"",
                  connection.role(), unreadable[0].Text(0)));
}

// Applies the next migration, unless another process has applied it meanwhile. Yields the version
// that the schema has then.
Result<std::size_t> ApplyNext(const std::shared_ptr<ConnectionPool>& pool,
                              std::span<const char* const> migrations, Deadline deadline) {
  TIDEMARK_TRY(Transaction transaction,
               Transaction::Begin(pool, Transaction::Kind::kWrite, deadline));
  Connection& connection = transaction.connection();
  TIDEMARK_TRY(connection.Run(kLockMigrations));
  TIDEMARK_TRY(const Identity identity, Identify(connection, migrations.size()));
  if (identity.ownership == Ownership::kAmps) {
    return MakeError(ErrorCode::kUnavailable, "Amp has just created its schema in it; try again");
  }
  if (identity.version == migrations.size()) return identity.version;
  const std::size_t next = identity.version + 1;
  TIDEMARK_TRY(connection.RunScript(migrations[identity.version]));
  TIDEMARK_TRY(connection.Run(kSetVersion, static_cast<std::int64_t>(next)));
  TIDEMARK_TRY(transaction.Commit());
  return next;
}

}  // namespace

std::span<const char* const> AllMigrations() {
  static const std::array kMigrations = {kMigration0001, kMigration0002, kMigration0003,
                                         kMigration0004};
  return kMigrations;
}

Result<Ownership> PrepareSchema(const std::shared_ptr<ConnectionPool>& pool,
                                std::span<const char* const> migrations, bool may_migrate,
                                Deadline deadline) {
  Identity identity;
  {
    TIDEMARK_TRY(Transaction look, Transaction::Begin(pool, Transaction::Kind::kRead, deadline));
    TIDEMARK_TRY(identity, Identify(look.connection(), migrations.size()));
    if (identity.ownership == Ownership::kAmps) {
      TIDEMARK_TRY(CheckAmps(look.connection()));
      return Ownership::kAmps;
    }
  }
  if (identity.version < migrations.size() && !may_migrate) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("its schema is version {}, this program needs {}, and migrations "
                                 "are turned off: start one Tidemark that may migrate it",
                                 identity.version, migrations.size()));
  }
  while (identity.version < migrations.size()) {
    TIDEMARK_TRY(identity.version, ApplyNext(pool, migrations, deadline));
  }
  return Ownership::kOurs;
}

Status RenewFeed(const std::shared_ptr<ConnectionPool>& pool, Deadline deadline) {
  TIDEMARK_TRY(Transaction transaction,
               Transaction::Begin(pool, Transaction::Kind::kWrite, deadline));
  TIDEMARK_TRY(transaction.connection().Run(kRenewFeed));
  return transaction.Commit();
}

}  // namespace tidemark::metadata_db_postgres
