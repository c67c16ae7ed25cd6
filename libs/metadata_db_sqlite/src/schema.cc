#include "schema.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "migrations.h"
#include "tidemark/base/wait.h"

namespace tidemark::metadata_db_sqlite {
namespace {

// In order; the schema's version, kept in user_version, is the number of those that were applied.
constexpr std::array kMigrations = {&kMigration0001, &kMigration0002, &kMigration0003,
                                    &kMigration0004};

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
  constexpr std::chrono::milliseconds kPause{2};
  std::string mode;
  while (true) {
    TIDEMARK_TRY(Statement statement, connection.Start(kUseLog));
    auto stepped = statement.Step();
    if (stepped) {
      mode = statement.Text(0);
      break;
    }
    // Several that turn on the log of a new file at once stand in each other's way: SQLite calls it
    // a deadlock, and fails without waiting.
    if (!connection.is_locked_out() || connection.deadline().HasPassed()) {
      return std::unexpected(std::move(stepped).error());
    }
    WaitFor(kPause, {});
  }
  if (mode != "wal") {
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

Status PrepareSchema(Connection& connection, Migrations migrations) {
  // Before anything is changed: turning on the log would write to a file of somebody else's.
  TIDEMARK_TRY(const std::size_t version, ReadVersion(connection));
  if (migrations == Migrations::kForbid && version < kMigrations.size()) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("its schema is version {}, this program needs {}, and migrating is "
                    "turned off (auto_migrate)",
                    version, kMigrations.size()));
  }
  TIDEMARK_TRY(UseLog(connection));
  if (version == kMigrations.size()) return {};
  const Status migrated = Migrate(connection);
  if (!migrated) connection.RollBack();
  return migrated;
}

}  // namespace tidemark::metadata_db_sqlite
