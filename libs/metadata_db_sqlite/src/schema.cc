#include "schema.h"

#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "migrations.h"

namespace tidemark::metadata_db_sqlite {
namespace {

// In order; the schema's version, kept in user_version, is the number of those that were applied.
constexpr std::array kMigrations = {&kMigration0001};

// As migration 1 sets it.
constexpr std::int64_t kApplicationId = 0x54696465;

// One statement, so that it sees one moment: another process may be creating the schema.
constexpr Query kIdentity{R"sql(
SELECT (SELECT application_id FROM pragma_application_id),
  (SELECT user_version FROM pragma_user_version),
  (SELECT count(*) FROM sqlite_schema))sql"};
constexpr Query kUseLog{"PRAGMA journal_mode = WAL"};
constexpr Query kBegin{"BEGIN IMMEDIATE"};
constexpr Query kCommit{"COMMIT"};

// How many of the migrations the file has had.
Result<std::size_t> ReadVersion(Connection& connection) {
  TIDEMARK_TRY(Statement identity, connection.Start(kIdentity));
  TIDEMARK_TRY(identity.Step());
  const std::int64_t application_id = identity.Int64(0);
  const std::int64_t version = identity.Int64(1);
  const std::int64_t entries = identity.Int64(2);
  if (application_id == 0 && version == 0 && entries == 0) return 0;
  if (application_id != kApplicationId) {
    return MakeError(ErrorCode::kCorruption, "it is a SQLite database, but not one of Tidemark's");
  }
  if (std::cmp_greater(version, kMigrations.size())) {
    return MakeError(
        ErrorCode::kCorruption,
        fmt::format("it was written by a newer Tidemark: its schema is version {}, and "
                    "this program knows {}",
                    version, kMigrations.size()));
  }
  if (version < 1) {
    return MakeError(ErrorCode::kCorruption, fmt::format("it has schema version {}", version));
  }
  return static_cast<std::size_t>(version);
}

Status UseLog(Connection& connection) {
  TIDEMARK_TRY(Statement statement, connection.Start(kUseLog));
  TIDEMARK_TRY(statement.Step());
  if (const std::string mode = statement.Text(0); mode != "wal") {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("its file system allows no write-ahead log, only \"{}\"", mode));
  }
  return {};
}

// Another process may have migrated the file since it was looked at.
Status Migrate(Connection& connection) {
  TIDEMARK_TRY(connection.Run(kBegin));
  TIDEMARK_TRY(const std::size_t version, ReadVersion(connection));
  for (std::size_t next = version; next < kMigrations.size(); ++next) {
    TIDEMARK_TRY(connection.RunScript(*kMigrations[next]));
  }
  return connection.Run(kCommit);
}

}  // namespace

Status PrepareSchema(Connection& connection) {
  // Before anything is changed: turning on the log would write to a file of somebody else's.
  TIDEMARK_TRY(const std::size_t version, ReadVersion(connection));
  TIDEMARK_TRY(UseLog(connection));
  if (version == kMigrations.size()) return {};
  const Status migrated = Migrate(connection);
  if (!migrated) connection.RollBack();
  return migrated;
}

}  // namespace tidemark::metadata_db_sqlite
