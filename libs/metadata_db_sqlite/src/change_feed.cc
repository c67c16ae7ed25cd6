// The change feed of a SQLite database. There is one writer at a time, so changes are committed in
// the order of their ids, and a reader that has seen one has seen all before it.
//
// A position is the last change that its reader saw. Beside the id it has the change's nonce, which
// is random: if an older state of the file is put back and written on, other changes get the same
// ids, but not the same nonces. What is pruned is every change up to one whose id and nonce are
// kept, so that a position at just that change can go on.
#include "tidemark/metadata_db/change_feed.h"

#include <string>

#include <fmt/format.h>

#include "collect_rows.h"
#include "select_rows.h"
#include "tidemark/base/text.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::Changes;
using metadata_db::FeedBreak;
using metadata_db::FeedPosition;
using metadata_db::FeedReading;

constexpr Query kSelectFeed{R"sql(
SELECT incarnation, pruned_id, pruned_nonce FROM tidemark_feed)sql"};

constexpr Query kSelectLast{"SELECT id, nonce FROM tidemark_changes ORDER BY id DESC LIMIT 1"};

constexpr Query kSelectNonce{"SELECT nonce FROM tidemark_changes WHERE id = ?1"};

constexpr Query kSelectChanges{R"sql(
SELECT DISTINCT c.kind, c.location_id, c.job_id, c.namespace, c.name, v.version
FROM tidemark_changes c LEFT JOIN tidemark_table_versions v ON v.location_id = c.location_id
WHERE c.id > ?1)sql"};

// ?1: how many changes are looked at. ?2: a time ago, as strftime takes it. The time is the
// machine's and not the store's clock, as that of the changes is.
constexpr Query kSelectLastToPrune{R"sql(
SELECT id, nonce FROM (SELECT id, nonce, at FROM tidemark_changes ORDER BY id LIMIT ?1)
WHERE at <= strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', ?2) ORDER BY id DESC LIMIT 1)sql"};

constexpr Query kSetPruned{"UPDATE tidemark_feed SET pruned_id = ?1, pruned_nonce = ?2"};

constexpr Query kPrune{"DELETE FROM tidemark_changes WHERE id <= ?1 RETURNING 1"};

// A change, as a position names it. Id 0 is before the first.
struct Mark {
  std::int64_t id = 0;
  std::int64_t nonce = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Feed {
  std::string incarnation;
  Mark pruned;
};

struct Position {
  std::string incarnation;
  Mark last;
};

constexpr std::string_view kFormat = "s1";

FeedPosition Print(const Position& position) {
  return FeedPosition::OfFields({std::string(kFormat), position.incarnation,
                                 std::to_string(position.last.id),
                                 std::to_string(position.last.nonce)});
}

std::optional<Position> Parse(const FeedPosition& text) {
  const auto fields = text.Fields();
  if (fields.size() != 4 || fields[0] != kFormat) return std::nullopt;
  const auto id = ParseDecimal<std::int64_t>(fields[2]);
  const auto nonce = ParseDecimal<std::int64_t>(fields[3]);
  if (!id || !nonce) return std::nullopt;
  return Position{.incarnation = std::string(fields[1]), .last = {.id = *id, .nonce = *nonce}};
}

Result<Feed> SelectFeed(Connection& connection) {
  TIDEMARK_TRY(Statement row, connection.Start(kSelectFeed));
  TIDEMARK_TRY(const bool is_there, row.Step());
  if (!is_there) {
    return MakeError(ErrorCode::kCorruption, "the table tidemark_feed of the database is empty");
  }
  return Feed{.incarnation = row.Text(0), .pruned = {.id = row.Int64(1), .nonce = row.Int64(2)}};
}

Result<std::optional<Mark>> SelectMark(Statement statement) {
  return CollectRow(std::move(statement), [](const Statement& row) -> Result<Mark> {
    return Mark{.id = row.Int64(0), .nonce = row.Int64(1)};
  });
}

Result<FeedPosition> PositionIn(Connection& connection, const Feed& feed) {
  TIDEMARK_TRY(Statement select_last, connection.Start(kSelectLast));
  TIDEMARK_TRY(const auto last, SelectMark(std::move(select_last)));
  return Print({.incarnation = feed.incarnation, .last = last.value_or(feed.pruned)});
}

// nullopt: it can be continued.
Result<std::optional<FeedBreak>> FindBreak(Connection& connection, const Feed& feed,
                                           const FeedPosition& since, Mark& last) {
  const auto position = Parse(since);
  if (!position || position->incarnation != feed.incarnation) return FeedBreak::kOtherFeed;
  last = position->last;
  if (last == feed.pruned) return std::nullopt;
  if (last.id < feed.pruned.id) return FeedBreak::kPruned;
  TIDEMARK_TRY(Statement row, connection.Start(kSelectNonce, last.id));
  TIDEMARK_TRY(const bool is_there, row.Step());
  if (!is_there || row.Int64(0) != last.nonce) return FeedBreak::kOtherHistory;
  return std::nullopt;
}

Result<Changes> SelectChanges(Connection& connection, std::int64_t after) {
  TIDEMARK_TRY(Statement row, connection.Start(kSelectChanges, after));
  Changes changes;
  while (true) {
    TIDEMARK_TRY(const bool has_row, row.Step());
    if (!has_row) break;
    if (const auto location = row.OptionalInt64(1)) {
      std::optional<std::uint64_t> version;
      if (const auto stored = row.OptionalInt64(5)) version = static_cast<std::uint64_t>(*stored);
      changes.revisions.push_back({.id = {*location}, .version = version});
    } else if (const auto job = row.OptionalInt64(2)) {
      changes.jobs.push_back({*job});
    } else {
      changes.datasets.push_back({.ns = row.Text(3), .name = row.Text(4)});
    }
  }
  metadata_db::SortChanges(changes);
  return changes;
}

}  // namespace

Result<FeedPosition> SelectFeedPosition(Connection& connection) {
  TIDEMARK_TRY(const Feed feed, SelectFeed(connection));
  return PositionIn(connection, feed);
}

Result<FeedReading> ReadFeed(Connection& connection, const std::optional<FeedPosition>& since) {
  TIDEMARK_TRY(const Feed feed, SelectFeed(connection));
  TIDEMARK_TRY(auto position, PositionIn(connection, feed));
  FeedReading reading{.position = std::move(position),
                      .changes = std::unexpected(FeedBreak::kBeginning)};
  if (!since) return reading;
  Mark seen;
  TIDEMARK_TRY(const auto why, FindBreak(connection, feed, *since, seen));
  if (why) {
    reading.changes = std::unexpected(*why);
    return reading;
  }
  TIDEMARK_TRY(reading.changes, SelectChanges(connection, seen.id));
  return reading;
}

Result<std::uint64_t> PruneFeed(const Write& write, std::chrono::milliseconds keep) {
  const std::string ago =
      fmt::format("-{}.{:03} seconds", keep.count() / 1000, keep.count() % 1000);
  TIDEMARK_TRY(Statement select_last,
               write.connection.Start(kSelectLastToPrune,
                                      static_cast<std::int64_t>(metadata_db::kFeedPrunedAtOnce),
                                      std::string_view(ago)));
  TIDEMARK_TRY(const auto last, SelectMark(std::move(select_last)));
  if (!last) return 0;
  TIDEMARK_TRY(write.connection.Run(kSetPruned, last->id, last->nonce));
  TIDEMARK_TRY(Statement pruned, write.connection.Start(kPrune, last->id));
  std::uint64_t count = 0;
  while (true) {
    TIDEMARK_TRY(const bool has_row, pruned.Step());
    if (!has_row) return count;
    ++count;
  }
}

}  // namespace tidemark::metadata_db_sqlite
