// Installing and removing. What keeps Amp going meanwhile:
//   1. Amp's tables are locked before anything is made or dropped, so that nothing of it waits for
//      a lock later on.
//   2. Each of these waits for a tenth of deadlock_timeout at most. There are seven, so whoever
//      waits for one of the tables is let through before the server takes us both for a deadlock,
//      and ends one of us. The next attempt comes after a pause in which all may go on.
#include "tidemark/metadata_db_postgres/attached_feed.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "attached_feed_sql.h"
#include "connection_pool.h"
#include "find_attached_feed.h"
#include "tidemark/base/text.h"
#include "transaction.h"

namespace tidemark::metadata_db_postgres {
namespace {

using std::chrono::milliseconds;

using Pool = std::shared_ptr<ConnectionPool>;

// The newest migration of Amp's whose schema is known.
constexpr std::int64_t kAmpSchemaKnown = 20260312000000;

constexpr Query kIsAmps{R"sql(
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relname = '_sqlx_migrations' AND c.relkind = 'r'),
  pg_is_in_recovery())sql"};

constexpr Query kAmpSchema{R"sql(
SELECT coalesce(max(version), 0), coalesce(bool_and(success), true)
FROM public._sqlx_migrations)sql"};

// The columns that the triggers use and that are not there, or are of another type.
constexpr Query kUnknownColumns{R"sql(
SELECT w.relation || '.' || w.name, format_type(a.atttypid, a.atttypmod)
FROM (VALUES
  ('file_metadata', 'id', 'bigint'), ('file_metadata', 'location_id', 'bigint'),
  ('physical_table_revisions', 'id', 'bigint'), ('physical_table_revisions', 'writer', 'bigint'),
  ('physical_tables', 'id', 'bigint'), ('physical_tables', 'active_revision_id', 'bigint'),
  ('physical_tables', 'dataset_namespace', 'text'), ('physical_tables', 'dataset_name', 'text'),
  ('physical_tables', 'table_name', 'text'), ('physical_tables', 'manifest_hash', 'text'),
  ('jobs_status', 'job_id', 'bigint'), ('jobs_status', 'status', 'text'),
  ('jobs_status', 'node_id', 'text'), ('jobs_status', 'updated_at', 'timestamp with time zone'),
  ('tags', 'namespace', 'text'), ('tags', 'name', 'text'),
  ('dataset_manifests', 'namespace', 'text'), ('dataset_manifests', 'name', 'text')
) AS w (relation, name, type)
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'public'
LEFT JOIN pg_catalog.pg_class c
  ON c.relnamespace = n.oid AND c.relname = w.relation AND c.relkind = 'r' AND NOT c.relispartition
LEFT JOIN pg_catalog.pg_attribute a
  ON a.attrelid = c.oid AND a.attname = w.name AND NOT a.attisdropped
WHERE a.attnum IS NULL OR format_type(a.atttypid, a.atttypmod) <> w.type
ORDER BY 1)sql"};

// What the role may not do.
constexpr Query kMissingRights{R"sql(
SELECT what FROM (
  SELECT 'own the table public.' || c.relname AS what
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND NOT pg_has_role(c.relowner, 'USAGE') AND c.relname IN
    ('file_metadata', 'physical_tables', 'physical_table_revisions', 'jobs_status', 'tags',
     'dataset_manifests')
  UNION ALL
  SELECT 'have the right CREATE in the database' WHERE
    NOT has_database_privilege(current_database(), 'CREATE')
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'tidemark')
  UNION ALL
  SELECT 'own the schema tidemark' FROM pg_catalog.pg_namespace
  WHERE nspname = 'tidemark' AND NOT pg_has_role(nspowner, 'USAGE')
) rights ORDER BY 1 LIMIT 1)sql"};

// The comment on the schema; what is in it that is not the feed's; triggers of the feed's names.
constexpr Query kPresent{R"sql(
WITH feed AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'tidemark'),
amps AS (
  SELECT c.oid, c.relname FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname IN ('file_metadata', 'physical_tables',
    'physical_table_revisions', 'jobs_status', 'tags', 'dataset_manifests')),
triggers AS (
  SELECT amps.relname, t.tgname, feed.oid IS NOT NULL AS is_ours
  FROM amps JOIN pg_catalog.pg_trigger t ON t.tgrelid = amps.oid
  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid LEFT JOIN feed ON feed.oid = p.pronamespace
  WHERE starts_with(t.tgname::text, 'tidemark_') AND NOT t.tgisinternal),
others AS (
  SELECT 'tidemark.' || c.relname AS name
  FROM feed JOIN pg_catalog.pg_class c ON c.relnamespace = feed.oid
  WHERE (c.relkind IN ('r', 'p', 'v', 'm', 'f') OR (c.relkind = 'S' AND NOT EXISTS (
           SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i')))
    AND c.relname NOT IN ('feed', 'feed_marks', 'changes', 'raises', 'faults')
  UNION ALL
  SELECT 'tidemark.' || p.proname
  FROM feed JOIN pg_catalog.pg_proc p ON p.pronamespace = feed.oid
  WHERE p.proname NOT IN ('version_of', 'changes_since', 'is_rewritten', 'fold_raises',
    'is_prune_due', 'prune_feed', 'keep_small', 'note_revisions', 'note_jobs', 'note_datasets',
    'note_fault', 'truncated', 'revisions_inserted', 'revisions_updated', 'revisions_deleted',
    'files_inserted', 'files_updated', 'files_deleted', 'tables_inserted', 'tables_updated',
    'tables_deleted', 'states_inserted', 'states_updated', 'states_deleted', 'datasets_inserted',
    'datasets_updated', 'datasets_deleted')
  UNION ALL
  SELECT 'the trigger ' || tgname || ' of public.' || relname FROM triggers WHERE NOT is_ours)
SELECT EXISTS (SELECT 1 FROM feed),
  (SELECT obj_description(oid, 'pg_namespace') FROM feed),
  (SELECT min(name) FROM others),
  (SELECT count(*) FROM feed JOIN pg_catalog.pg_class c ON c.relnamespace = feed.oid
   WHERE c.relname IN ('feed', 'feed_marks', 'changes', 'raises', 'faults')),
  (SELECT count(*) FROM feed JOIN pg_catalog.pg_proc p ON p.pronamespace = feed.oid),
  (SELECT coalesce(bool_and(has_table_privilege(c.oid, 'SELECT')), false)
   AND coalesce(bool_and(has_schema_privilege(feed.oid, 'USAGE')), false)
   FROM feed JOIN pg_catalog.pg_class c ON c.relnamespace = feed.oid
   WHERE c.relname IN ('feed', 'feed_marks', 'changes', 'raises', 'faults')))sql"};
constexpr std::int64_t kTables = 5;
constexpr std::int64_t kFunctions = 27;

constexpr Query kContents{R"sql(
SELECT f.system_identifier = present.system_identifier, f.installed_at,
  (SELECT count(*) FROM tidemark.changes),
  (SELECT at FROM tidemark.changes ORDER BY id LIMIT 1),
  (SELECT count(*) FROM tidemark.faults),
  (SELECT place || ': ' || reason FROM tidemark.faults ORDER BY id LIMIT 1), f.triggers_mark
FROM tidemark.feed f, pg_control_system() present)sql"};

// "tidemark" in ASCII, as whoever migrates a database of ours.
constexpr Query kLockInstallation{"SELECT pg_advisory_xact_lock(8388346167743836779)"};

// A tenth of it, and all of it, in milliseconds.
constexpr Query kShortenWaits{R"sql(
SELECT set_config('lock_timeout', greatest(setting::bigint / 10, 1)::text, true), setting::bigint
FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout')sql"};

constexpr Query kLockToInstall{R"sql(
LOCK TABLE public.file_metadata, public.physical_tables, public.physical_table_revisions,
  public.jobs_status, public.tags, public.dataset_manifests IN SHARE ROW EXCLUSIVE MODE)sql"};

constexpr Query kHasFeedTable{"SELECT to_regclass('tidemark.feed') IS NOT NULL"};
constexpr Query kLockFeed{"LOCK TABLE tidemark.feed IN ACCESS EXCLUSIVE MODE"};
// The tables of Amp's that have a trigger of ours: a newer Amp may have others.
constexpr Query kTablesWithTriggers{R"sql(
SELECT DISTINCT t.tgrelid::regclass::text FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'tidemark' ORDER BY 1)sql"};

// Who has the tables, the oldest transaction first.
constexpr Query kHolders{R"sql(
SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''),
  coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, 0)
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND a.pid <> pg_backend_pid() AND a.datname = current_database()
  AND (n.nspname = 'tidemark' OR (n.nspname = 'public' AND c.relname IN ('file_metadata',
    'physical_tables', 'physical_table_revisions', 'jobs_status', 'tags', 'dataset_manifests')))
ORDER BY a.xact_start NULLS LAST LIMIT 1)sql"};

constexpr Query kHighestVersion{R"sql(
SELECT base + (SELECT coalesce(sum(times), 0) FROM tidemark.raises)::bigint FROM tidemark.feed)sql"};
constexpr Query kComplete{"UPDATE tidemark.feed SET base = greatest(base, $1), triggers_mark = $2"};

constexpr std::string_view kLockNotAvailable = "55P03";

// What kPresent found.
struct Present {
  bool has_schema = false;
  std::int64_t format = 0;           // 0 without a schema.
  std::optional<std::string> other;  // Something that is not the feed's.
  bool has_all_tables = false;
  bool has_all_functions = false;
  bool is_readable = false;
};

// 0 if it is not the comment of a feed's schema.
std::int64_t FormatIn(std::string_view comment) {
  constexpr std::string_view kBegin = "Tidemark change feed, format ";
  if (!comment.starts_with(kBegin)) return 0;
  comment.remove_prefix(kBegin.size());
  return ParseDecimal<std::int64_t>(comment).value_or(0);
}

Result<Present> Look(Connection& connection) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kPresent));
  const Row row = rows[0];
  Present present{.has_schema = row.Int64(0) != 0,
                  .format = row.IsNull(1) ? 0 : FormatIn(row.View(1)),
                  .other = row.OptionalText(2),
                  .has_all_tables = row.Int64(3) == kTables,
                  .has_all_functions = row.Int64(4) == kFunctions,
                  .is_readable = row.Int64(5) != 0};
  if (present.has_schema && present.format == 0) {
    return MakeError(ErrorCode::kCorruption,
                     "its schema \"tidemark\" is not that of a change feed, so it is left alone; "
                     "drop or rename it if it is not needed");
  }
  return present;
}

// Yields whether the server is a standby.
Result<bool> CheckIsAmps(Connection& connection) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kIsAmps));
  if (rows[0].Int64(0) == 0) {
    return MakeError(ErrorCode::kNotFound,
                     "it is not Amp's: it has no table _sqlx_migrations. A database of Tidemark's "
                     "own has its feed already");
  }
  return rows[0].Int64(1) != 0;
}

Status CheckRights(Connection& connection) {
  TIDEMARK_TRY(const Rows missing, connection.Run(kMissingRights));
  if (missing.empty()) return {};
  return MakeError(ErrorCode::kUnavailable,
                   fmt::format("the role \"{}\" does not {}; connect as the role that Amp's tables "
                               "belong to",
                               connection.role(), missing[0].Text(0)));
}

Status CheckIsOurs(const Present& present) {
  if (present.other) {
    return MakeError(ErrorCode::kConflict,
                     fmt::format("{} is not the change feed's, so nothing was changed; remove or "
                                 "rename it",
                                 *present.other));
  }
  if (present.format > kAttachedFeedFormat) {
    return MakeError(
        ErrorCode::kConflict,
        fmt::format("the feed was installed by a newer Tidemark: it has format {}, and "
                    "this program knows {}",
                    present.format, kAttachedFeedFormat));
  }
  return {};
}

Status CheckSchemaIsKnown(Connection& connection) {
  TIDEMARK_TRY(const Rows schema, connection.Run(kAmpSchema));
  const std::int64_t version = schema[0].Int64(0);
  if (version != kAmpSchemaKnown || schema[0].Int64(1) == 0) {
    return MakeError(
        ErrorCode::kConflict,
        fmt::format(
            "Amp's schema is that of its migration {}{}, and this program knows that of {}: "
            "its triggers might not fit",
            version, schema[0].Int64(1) == 0 ? " (one of its migrations has failed)" : "",
            kAmpSchemaKnown));
  }
  TIDEMARK_TRY(const Rows unknown, connection.Run(kUnknownColumns));
  if (unknown.empty()) return {};
  return MakeError(
      ErrorCode::kConflict,
      fmt::format("Amp's schema is not the known one: the column {} is {}", unknown[0].Text(0),
                  unknown[0].IsNull(1) ? "not there" : "of type " + unknown[0].Text(1)));
}

Result<AttachedFeedStatus> ReadStatus(Connection& connection) {
  AttachedFeedStatus status;
  TIDEMARK_TRY(status.is_standby, CheckIsAmps(connection));
  TIDEMARK_TRY(const Rows schema, connection.Run(kAmpSchema));
  status.amp_schema = schema[0].Int64(0);
  TIDEMARK_TRY(const Present present, Look(connection));
  status.triggers_expected = kAttachedFeedTriggers;
  status.is_installed = present.has_schema;
  if (!present.has_schema) return status;
  status.format = present.format;
  TIDEMARK_TRY(const FeedTriggers triggers, ReadFeedTriggers(connection));
  status.triggers_firing = triggers.count;
  status.is_readable =
      present.is_readable && present.has_all_tables && status.format == kAttachedFeedFormat;
  if (!status.is_readable) return status;
  TIDEMARK_TRY(const Rows contents, connection.Run(kContents));
  if (contents.empty()) return status;
  const Row row = contents[0];
  status.is_of_this_server = row.Int64(0) != 0;
  TIDEMARK_TRY(status.installed_at, row.Time(1));
  status.changes = row.Int64(2);
  if (!row.IsNull(3)) {
    TIDEMARK_TRY(status.oldest_change, row.Time(3));
  }
  status.faults = row.Int64(4);
  status.fault = row.OptionalText(5);
  status.is_as_installed = row.View(6) == triggers.mark;
  return status;
}

// Whether there is nothing that installing it again would mend.
bool IsWhole(const Present& present, const AttachedFeedStatus& status) {
  return present.has_all_functions && present.has_all_tables && status.installed_at &&
         status.format == kAttachedFeedFormat && status.is_of_this_server &&
         status.is_as_installed && status.faults == 0 &&
         status.triggers_firing == status.triggers_expected;
}

Status Drop(Connection& connection) {
  TIDEMARK_TRY(const Rows has_feed, connection.Run(kHasFeedTable));
  if (has_feed[0].Int64(0) != 0) {
    TIDEMARK_TRY(connection.Run(kLockFeed));
  }
  TIDEMARK_TRY(const Rows tables, connection.Run(kTablesWithTriggers));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::string lock =
        fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables[i].Text(0));
    TIDEMARK_TRY(connection.RunScript(lock.c_str()));
  }
  return connection.RunScript(kDropAttachedFeed);
}

// Above all versions of the feed that is there, as far as it can be read.
Result<std::int64_t> FirstFreeVersion(Connection& connection, const AttachedFeedStatus& status) {
  if (!status.installed_at) return 0;
  TIDEMARK_TRY(const Rows highest, connection.Run(kHighestVersion));
  return highest[0].Int64(0) + 1;
}

Result<FeedInstallation> TryInstall(Connection& connection) {
  TIDEMARK_TRY(connection.Run(kLockInstallation));
  TIDEMARK_TRY(const bool is_standby, CheckIsAmps(connection));
  if (is_standby)
    return MakeError(ErrorCode::kUnavailable, "it is a standby; connect to the primary");
  TIDEMARK_TRY(CheckSchemaIsKnown(connection));
  TIDEMARK_TRY(CheckRights(connection));
  TIDEMARK_TRY(const Present present, Look(connection));
  TIDEMARK_TRY(CheckIsOurs(present));
  std::int64_t first_version = 0;
  if (present.has_schema) {
    TIDEMARK_TRY(const AttachedFeedStatus status, ReadStatus(connection));
    if (IsWhole(present, status)) {
      TIDEMARK_TRY(connection.RunScript(kGrantAttachedFeed));
      return FeedInstallation::kWasInstalled;
    }
    TIDEMARK_TRY(first_version, FirstFreeVersion(connection, status));
  }
  TIDEMARK_TRY(connection.Run(kShortenWaits));
  if (present.has_schema) {
    TIDEMARK_TRY(Drop(connection));
  }
  TIDEMARK_TRY(connection.Run(kLockToInstall));
  TIDEMARK_TRY(connection.RunScript(kCreateAttachedFeed));
  TIDEMARK_TRY(const FeedTriggers triggers, ReadFeedTriggers(connection));
  TIDEMARK_TRY(connection.Run(kComplete, first_version, triggers.mark));
  TIDEMARK_TRY(connection.RunScript(kGrantAttachedFeed));
  return present.has_schema ? FeedInstallation::kRepaired : FeedInstallation::kInstalled;
}

Result<bool> TryRemove(Connection& connection) {
  TIDEMARK_TRY(connection.Run(kLockInstallation));
  TIDEMARK_TRY(CheckIsAmps(connection));
  TIDEMARK_TRY(const Present present, Look(connection));
  if (!present.has_schema) return false;
  TIDEMARK_TRY(CheckIsOurs(present));
  TIDEMARK_TRY(CheckRights(connection));
  TIDEMARK_TRY(connection.Run(kShortenWaits));
  TIDEMARK_TRY(Drop(connection));
  return true;
}

// The failure, and who is in the way, if that can be told in the time that is left.
Error DescribeHolder(const Pool& pool, Error failure, Deadline deadline) {
  auto look = Transaction::Begin(pool, Transaction::Kind::kRead, deadline);
  if (!look) return failure;
  const auto holders = look->connection().Run(kHolders);
  if (!holders || holders->empty()) return failure;
  const Row row = (*holders)[0];
  failure.message += fmt::format(
      ": the process {} of the role \"{}\"{} has had Amp's tables for {} s; nothing was changed, "
      "try again when it is done",
      row.Int64(0), row.Text(1), row.View(2).empty() ? "" : fmt::format(" (\"{}\")", row.Text(2)),
      row.Int64(3));
  return failure;
}

// The pause after an attempt that somebody was in the way of; nullopt if something else failed.
std::optional<milliseconds> PauseAfter(const Transaction& transaction, Connection& connection) {
  if (transaction.MayBeRetried() == Transaction::Retry::kLostRace) return milliseconds(100);
  if (connection.sql_state() != kLockNotAvailable) return std::nullopt;
  return milliseconds(500);
}

// One transaction around `body`, begun again while others have the tables that it needs.
template <class Body>
auto Apply(const std::string& url, Deadline deadline, const Body& body)
    -> decltype(body(std::declval<Connection&>())) {
  TIDEMARK_TRY(CheckUrl(url));
  const auto pool = std::make_shared<ConnectionPool>(url, PoolLimits{.size_max = 1});
  for (;;) {
    std::optional<milliseconds> pause;
    Error failure;
    {
      TIDEMARK_TRY(Transaction transaction,
                   Transaction::Begin(pool, Transaction::Kind::kWrite, deadline));
      auto result = body(transaction.connection());
      if (result) {
        TIDEMARK_TRY(transaction.Commit());
        return result;
      }
      failure = std::move(result).error();
      pause = PauseAfter(transaction, transaction.connection());
    }
    if (!pause) return std::unexpected(std::move(failure));
    // The next attempt needs time, too.
    if (deadline.Remaining() <= 2 * *pause) {
      return std::unexpected(DescribeHolder(pool, std::move(failure), deadline));
    }
    std::this_thread::sleep_for(*pause);
  }
}

template <class T>
Result<T> WithPlace(Result<T> result) {
  if (!result) return WithContext("metadata database", std::move(result).error());
  return result;
}

}  // namespace

std::optional<std::string> WhyUnused(const AttachedFeedStatus& status) {
  if (!status.is_installed) return "it is not installed";
  if (status.is_standby) return "the server is a standby, which does not know what is running";
  if (status.format != kAttachedFeedFormat) {
    return fmt::format("it has format {}, and this program knows {}", status.format,
                       kAttachedFeedFormat);
  }
  if (status.triggers_firing != status.triggers_expected) {
    return fmt::format("{} of its {} triggers fire; --install-feed makes it anew",
                       status.triggers_firing, status.triggers_expected);
  }
  if (!status.is_readable) {
    return "this role may not read it, or a table is missing; --install-feed grants it to whoever "
           "may read Amp's tables";
  }
  if (!status.installed_at) return "its table tidemark.feed is empty; --install-feed makes it anew";
  if (!status.is_of_this_server) {
    return "it was carried here from another server; --install-feed makes it anew";
  }
  if (!status.is_as_installed) {
    return "its triggers have been changed since it was installed; --install-feed makes it anew";
  }
  if (status.faults > 0) {
    return fmt::format("a trigger has failed ({}); --install-feed makes it anew",
                       status.fault.value_or("?"));
  }
  return std::nullopt;
}

Result<AttachedFeedStatus> ReadAttachedFeedStatus(const std::string& url, Deadline deadline) {
  TIDEMARK_TRY(CheckUrl(url));
  const auto pool = std::make_shared<ConnectionPool>(url, PoolLimits{.size_max = 1});
  TIDEMARK_TRY(Transaction look, Transaction::Begin(pool, Transaction::Kind::kRead, deadline));
  return WithPlace(ReadStatus(look.connection()));
}

Result<FeedInstallation> InstallAttachedFeed(const std::string& url, Deadline deadline) {
  return WithPlace(Apply(url, deadline, TryInstall));
}

Result<bool> RemoveAttachedFeed(const std::string& url, Deadline deadline) {
  return WithPlace(Apply(url, deadline, TryRemove));
}

}  // namespace tidemark::metadata_db_postgres
