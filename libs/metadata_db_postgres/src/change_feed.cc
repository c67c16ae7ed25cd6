// The change feed of a PostgreSQL database.
//
// Transactions commit in another order than they take their numbers, so no number and no time tells
// what a reader has seen. Its snapshot does: a change is new to a position if its transaction was
// not visible in the position's snapshot. Those are the transactions that were running then, which
// the snapshot lists, and all that began later; both are found by an index.
//
// A position that cannot be continued is known by this:
//   1. Another incarnation of the feed: another database, a dump that was restored elsewhere, or a
//      TRUNCATE, which no trigger tells the rows of. Beside Amp's tables a TRUNCATE is a change of
//      everything.
//   2. Another start of the server. The files may have been exchanged while it stood, or it may be
//      another server, to which the last transactions never came.
//   3. The newest mark that the position saw is not there. Marks are pruned before the changes that
//      they saw are: a mark that is there has seen everything that is pruned, and a reader that saw
//      the mark has seen that, too. If it was not pruned, or has another nonce, an older state of
//      the database was restored.
//   4. The last change that it saw, by id, is not there, is not pruned, or has another nonce: the
//      same. Its id can be used again, its nonce cannot.
//   5. A change with a greater id is of a transaction that the snapshot calls visible. The position
//      would have seen it: the number has been used again after an older state was restored.
#include "tidemark/metadata_db/change_feed.h"

#include <algorithm>
#include <string>
#include <utility>

#include "collect_rows.h"
#include "select_rows.h"
#include "tidemark/base/text.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::Changes;
using metadata_db::FeedBreak;
using metadata_db::FeedPosition;
using metadata_db::FeedReading;

constexpr Query kSelectPosition{R"sql(
SELECT f.incarnation::text,
  (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
  pg_current_snapshot()::text, c.id, c.xid::text, c.nonce::text, m.id, m.nonce::text
FROM tidemark.feed f
LEFT JOIN (SELECT id, xid, nonce FROM tidemark.changes ORDER BY id DESC LIMIT 1) c ON true
JOIN (SELECT id, nonce FROM tidemark.feed_marks ORDER BY id DESC LIMIT 1) m ON true)sql"};

constexpr Query kSelectMoment{R"sql(
SELECT pg_current_snapshot()::text,
  (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
  (SELECT nonce::text FROM tidemark.changes ORDER BY id DESC LIMIT 1))sql"};

// $1, $2: the mark; $3, $4, $5: the last change; $6: the snapshot.
constexpr Query kCheckPosition{R"sql(
SELECT EXISTS (SELECT 1 FROM tidemark.feed_marks WHERE id = $1 AND nonce = $2::uuid),
  $1 < oldest.id,
  EXISTS (SELECT 1 FROM tidemark.changes WHERE id = $3 AND nonce = $5::uuid)
  OR (pg_visible_in_snapshot($4::xid8, oldest.seen)
      AND NOT EXISTS (SELECT 1 FROM tidemark.changes WHERE id = $3)),
  tidemark.is_rewritten($3, $6::pg_snapshot)
FROM (SELECT id, seen FROM tidemark.feed_marks ORDER BY id LIMIT 1) oldest)sql"};

constexpr Query kSelectChanges{R"sql(
SELECT location_id, job_id, namespace, name, version
FROM tidemark.changes_since($1::pg_snapshot))sql"};

constexpr Query kPrune{"SELECT tidemark.prune_feed($1 * interval '1 millisecond', $2)"};

// A row that is known again by its nonce: a UUID, which the database prints with dashes.
struct Witness {
  // Id 0 where there is none: below that of any change.
  std::int64_t id = 0;
  std::string nonce = "00000000-0000-0000-0000-000000000000";
};

struct Position {
  std::string incarnation;
  std::int64_t server_start = 0;  // Microseconds since 1970.
  std::string snapshot;
  Witness last_change;
  std::string last_change_xid = "0";  // Where there is none: of a transaction before any.
  Witness mark;
};

constexpr std::string_view kFormat = "p1";

FeedPosition Print(const Position& position) {
  return FeedPosition::OfFields(
      {std::string(kFormat), position.incarnation, std::to_string(position.server_start),
       position.snapshot, std::to_string(position.last_change.id), position.last_change_xid,
       position.last_change.nonce, std::to_string(position.mark.id), position.mark.nonce});
}

bool IsUuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::ranges::equal(text, kForm, [](char c, char form) {
    const bool is_hex = ('0' <= c && c <= '9') || ('a' <= c && c <= 'f');
    return form == '-' ? c == '-' : is_hex;
  });
}

// Takes the number off that `text` begins with; nullopt if it begins with none.
std::optional<std::uint64_t> TakeNumber(std::string_view& text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  text.remove_prefix(digits.size());
  return ParseDecimal<std::uint64_t>(digits);
}

bool TakeCharacter(std::string_view& text, char character) {
  if (!text.starts_with(character)) return false;
  text.remove_prefix(1);
  return true;
}

// "first:end:running,running": what the server would refuse ends the transaction, so this is as
// strict as the server is.
bool IsSnapshot(std::string_view text) {
  const auto first = TakeNumber(text);
  if (!first || *first == 0 || !TakeCharacter(text, ':')) return false;
  const auto end = TakeNumber(text);
  if (!end || *end < *first || !TakeCharacter(text, ':')) return false;
  std::optional<std::uint64_t> last;
  while (!text.empty()) {
    if (last && !TakeCharacter(text, ',')) return false;
    const auto running = TakeNumber(text);
    if (!running || *running < *first || *running >= *end || (last && *running <= *last)) {
      return false;
    }
    last = running;
  }
  return true;
}

std::optional<Position> Parse(const FeedPosition& text) {
  constexpr std::size_t kFields = 9;
  const auto fields = text.Fields();
  if (fields.size() != kFields || fields[0] != kFormat) return std::nullopt;
  const auto server_start = ParseDecimal<std::int64_t>(fields[2]);
  const auto change = ParseDecimal<std::int64_t>(fields[4]);
  const auto change_xid = ParseDecimal<std::uint64_t>(fields[5]);
  const auto mark = ParseDecimal<std::int64_t>(fields[7]);
  if (!server_start || !change || !change_xid || !mark) return std::nullopt;
  if (!IsSnapshot(fields[3]) || !IsUuid(fields[6]) || !IsUuid(fields[8])) return std::nullopt;
  return Position{.incarnation = std::string(fields[1]),
                  .server_start = *server_start,
                  .snapshot = std::string(fields[3]),
                  .last_change = {.id = *change, .nonce = std::string(fields[6])},
                  .last_change_xid = std::to_string(*change_xid),
                  .mark = {.id = *mark, .nonce = std::string(fields[8])}};
}

Result<Position> ReadPosition(const Rows& rows) {
  if (rows.empty()) {
    return MakeError(ErrorCode::kCorruption,
                     "the tables tidemark.feed or tidemark.feed_marks of the database are empty");
  }
  const Row row = rows[0];
  Position position{.incarnation = row.Text(0),
                    .server_start = row.Int64(1),
                    .snapshot = row.Text(2),
                    .last_change = {},
                    .last_change_xid = "0",
                    .mark = {.id = row.Int64(6), .nonce = row.Text(7)}};
  if (!row.IsNull(3)) {
    position.last_change = {.id = row.Int64(3), .nonce = row.Text(5)};
    position.last_change_xid = row.Text(4);
  }
  return position;
}

// nullopt: it can be continued. `check`: what kCheckPosition yielded.
std::optional<FeedBreak> FindBreak(const Position& since, const Position& present,
                                   const Row& check) {
  if (since.incarnation != present.incarnation) return FeedBreak::kOtherFeed;
  if (since.server_start != present.server_start) return FeedBreak::kOtherHistory;
  const bool has_mark = check.Int64(0) != 0;
  const bool is_before_marks = check.Int64(1) != 0;
  const bool has_last_change = check.Int64(2) != 0;
  const bool is_rewritten = check.Int64(3) != 0;
  if (!has_mark) return is_before_marks ? FeedBreak::kPruned : FeedBreak::kOtherHistory;
  if (!has_last_change || is_rewritten) return FeedBreak::kOtherHistory;
  return std::nullopt;
}

std::expected<Changes, FeedBreak> ReadChanges(const Rows& rows) {
  Changes changes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row row = rows[i];
    if (const auto location = row.OptionalInt64(0)) {
      std::optional<std::uint64_t> version;
      if (const auto stored = row.OptionalInt64(4)) version = static_cast<std::uint64_t>(*stored);
      changes.revisions.push_back({.id = {*location}, .version = version});
    } else if (const auto job = row.OptionalInt64(1)) {
      changes.jobs.push_back({*job});
    } else if (!row.IsNull(2)) {
      changes.datasets.push_back({.ns = row.Text(2), .name = row.Text(3)});
    } else {
      return std::unexpected(FeedBreak::kOtherFeed);
    }
  }
  metadata_db::SortChanges(changes);
  return changes;
}

}  // namespace

Result<FeedReading> ReadFeed(Connection& connection, const std::optional<FeedPosition>& since) {
  std::optional<Position> seen;
  if (since) seen = Parse(*since);
  std::vector<Statement> statements = {Statement(kSelectPosition)};
  if (seen) {
    statements.emplace_back(kCheckPosition, seen->mark.id, seen->mark.nonce, seen->last_change.id,
                            seen->last_change_xid, seen->last_change.nonce, seen->snapshot);
    statements.emplace_back(kSelectChanges, seen->snapshot);
  }
  TIDEMARK_TRY(const auto results, connection.RunAll(statements));
  TIDEMARK_TRY(const Position present, ReadPosition(results[0]));
  FeedReading reading{
      .position = Print(present),
      .changes = std::unexpected(since ? FeedBreak::kOtherFeed : FeedBreak::kBeginning)};
  if (!seen) return reading;
  const auto why = FindBreak(*seen, present, results[1][0]);
  if (why) {
    reading.changes = std::unexpected(*why);
  } else {
    reading.changes = ReadChanges(results[2]);
  }
  return reading;
}

// A snapshot with the same text, of the same start of the server: no transaction that could have
// written anything has ended in between, unless the machine itself was set back; then the last
// change is another one.
bool MayHaveChanged(Connection& connection, const FeedPosition& since) {
  const auto seen = Parse(since);
  if (!seen) return true;
  const auto rows = connection.Run(kSelectMoment);
  if (!rows || rows->empty()) return true;
  const Row row = (*rows)[0];
  const std::string last_change = row.IsNull(2) ? Witness().nonce : row.Text(2);
  return row.Text(0) != seen->snapshot || row.Int64(1) != seen->server_start ||
         last_change != seen->last_change.nonce;
}

Result<std::uint64_t> PruneFeed(const Write& write, std::chrono::milliseconds keep) {
  TIDEMARK_TRY(const Rows rows,
               write.connection.Run(kPrune, std::int64_t{keep.count()},
                                    static_cast<std::int64_t>(metadata_db::kFeedPrunedAtOnce)));
  return static_cast<std::uint64_t>(rows[0].Int64(0));
}

}  // namespace tidemark::metadata_db_postgres
