// What makes it right:
//   1. Tables of the catalog that are read like any table show what the transaction's snapshot
//      does: a trigger that is there and fires now has told of every change that the snapshot has,
//      for whoever turns triggers on or off waits for those who write.
//   2. A trigger that was turned off and on again, whether anybody looked meanwhile or not, has
//      another row of the catalog than when the feed was installed. The feed is not believed then
//      until it is made anew, with other versions.
//   3. A table that is rewritten (ALTER TABLE) shows no rows to a snapshot from before, and no
//      trigger tells of it. It has other columns then, or is stored in another way, and the feed is
//      not believed either.
//   4. Whoever removes the feed locks tidemark.feed first, and waits for whoever has read it.
//   5. A standby does not know which transactions were running: pg_current_snapshot is empty there.
#include "find_attached_feed.h"

#include <algorithm>
#include <array>

#include "attached_feed_sql.h"

namespace tidemark::metadata_db_postgres {
namespace {

constexpr Query kTriggers{R"sql(
WITH amps AS (
  SELECT c.oid, c.relpersistence, c.relam
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
  WHERE n.nspname = 'public' AND c.relname IN ('file_metadata', 'physical_tables',
    'physical_table_revisions', 'jobs_status', 'tags', 'dataset_manifests'))
SELECT count(*) FILTER (WHERE is_trigger), coalesce(md5(string_agg(mark, ',' ORDER BY mark)), '')
FROM (
  SELECT true AS is_trigger, concat_ws('.', t.oid, t.xmin, p.xmin) AS mark
  FROM amps JOIN pg_catalog.pg_trigger t ON t.tgrelid = amps.oid
  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
  JOIN pg_catalog.pg_namespace f ON f.oid = p.pronamespace
  WHERE f.nspname = 'tidemark' AND t.tgenabled = 'A' AND starts_with(t.tgname::text, 'tidemark_')
  UNION ALL
  SELECT false, concat_ws('.', amps.oid, amps.relpersistence, amps.relam, a.attnum, a.atttypid,
    a.atttypmod, a.attisdropped)
  FROM amps JOIN pg_catalog.pg_attribute a ON a.attrelid = amps.oid WHERE a.attnum > 0
) marks)sql"};

// Statement triggers tell nothing of what a subscription writes.
constexpr Query kIsUsable{R"sql(
WITH feed AS (
  SELECT oid FROM pg_catalog.pg_namespace
  WHERE nspname = 'tidemark' AND has_schema_privilege(oid, 'USAGE'))
SELECT
  NOT pg_is_in_recovery()
  AND 5 = (SELECT count(*) FROM feed JOIN pg_catalog.pg_class c ON c.relnamespace = feed.oid
           WHERE c.relname IN ('feed', 'feed_marks', 'changes', 'raises', 'faults')
             AND c.relkind = 'r' AND has_table_privilege(c.oid, 'SELECT'))
  AND 3 = (SELECT count(*) FROM feed JOIN pg_catalog.pg_proc p ON p.pronamespace = feed.oid
           WHERE p.proname IN ('version_of', 'changes_since', 'is_rewritten')
             AND has_function_privilege(p.oid, 'EXECUTE'))
  AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_subscription_rel s JOIN pg_catalog.pg_class c ON c.oid = s.srrelid
    WHERE c.relname IN ('file_metadata', 'physical_tables', 'physical_table_revisions',
      'jobs_status', 'tags', 'dataset_manifests')))sql"};

constexpr Query kSavepoint{"SAVEPOINT feed"};
constexpr Query kForget{"RELEASE SAVEPOINT feed"};
constexpr Query kGoBack{"ROLLBACK TO SAVEPOINT feed"};

// A dump that was restored on another server holds transactions of that one.
constexpr Query kSelectFeed{R"sql(
SELECT f.system_identifier = present.system_identifier
  AND NOT EXISTS (SELECT 1 FROM tidemark.faults), f.triggers_mark
FROM tidemark.feed f, pg_control_system() present)sql"};

// The schema, a table, a column or a function that is not there, or not for this role.
bool IsGone(std::string_view sql_state) {
  constexpr std::array<std::string_view, 5> kStates = {"3F000", "42P01", "42703", "42883", "42501"};
  return std::ranges::find(kStates, sql_state) != kStates.end();
}

FeedTriggers ReadTriggers(const Rows& rows) {
  return {.count = rows[0].Int64(0), .mark = rows[0].Text(1)};
}

}  // namespace

Result<FeedTriggers> ReadFeedTriggers(Connection& connection) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kTriggers));
  return ReadTriggers(rows);
}

Result<bool> HasAttachedFeed(Connection& connection) {
  TIDEMARK_TRY(const auto found, connection.RunAll({Statement(kIsUsable), Statement(kTriggers)}));
  const FeedTriggers triggers = ReadTriggers(found[1]);
  if (found[0][0].Int64(0) == 0 || triggers.count != kAttachedFeedTriggers) return false;
  const auto results =
      connection.RunAll({Statement(kSavepoint), Statement(kSelectFeed), Statement(kForget)});
  if (!results) {
    // It may have been removed just now, after the snapshot.
    if (connection.is_broken() || !IsGone(connection.sql_state())) {
      return std::unexpected(results.error());
    }
    TIDEMARK_TRY(connection.Run(kGoBack));
    return false;
  }
  const Rows& feed = (*results)[1];
  return !feed.empty() && feed[0].Int64(0) != 0 && feed[0].View(1) == triggers.mark;
}

}  // namespace tidemark::metadata_db_postgres
