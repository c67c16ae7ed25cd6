// The change feed: what has changed since a look, in whatever order transactions were begun and
// committed. The database writes it itself, by triggers, in the transaction of the change, whoever
// makes that; MetadataReader::ReadFeed reads it.
//
// What the feed promises:
//   1. A reading tells of exactly the objects whose rows differ, or were touched and may differ,
//      between the position's moment and the reader's. Nothing is lost to a transaction that was
//      begun early and committed late, and nothing waits for one that is still open.
//   2. Everything else that the same reader yields is of the same moment as its position.
//   3. A position that cannot be continued is told so; the database never guesses. It is one of
//      another database, one older than what has been pruned, or one of a history that the database
//      has lost because an older state of it was restored.
//   4. A position stays good for as long as PruneFeed keeps changes, less the time that a pruning
//      takes, whatever else runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {

/// How long changes are kept for whoever has not read them yet.
inline constexpr std::chrono::hours kFeedKept{1};
/// How many changes one call of PruneFeed removes at most.
inline constexpr std::size_t kFeedPrunedAtOnce = 10'000;

/// A moment of a database's history. Equal positions have nothing between them; different ones may
/// have nothing between them either. What it says is the store's own business.
class FeedPosition {
 public:
  /// Reads what text() printed.
  /// Errors: kInvalidArgument if it cannot be a position's text. That of another database is none
  /// the less a position: it cannot be continued.
  static Result<FeedPosition> Parse(std::string_view text);

  /// For stores: of fields of letters, digits, ',', ':' and '-', none of them empty.
  static FeedPosition OfFields(const std::vector<std::string>& fields);
  /// The fields again, as long as the position lives.
  std::vector<std::string_view> Fields() const;

  /// Letters, digits and ',', ':', '-', '.': at most 64 KiB, and some 100 bytes as a rule.
  const std::string& text() const { return text_; }

  friend bool operator==(const FeedPosition&, const FeedPosition&) = default;

 private:
  explicit FeedPosition(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// A table revision that is new, whose version has risen, or that is gone.
struct ChangedRevision {
  LocationId id;
  std::optional<std::uint64_t> version;  // As TableRow::revision_version; absent: it is gone.

  friend bool operator==(const ChangedRevision&, const ChangedRevision&) = default;
};

/// What has changed, each object once, in ascending order.
struct Changes {
  std::vector<ChangedRevision> revisions = {};
  std::vector<JobId> jobs = {};            // Whose state is new, another one, or gone.
  std::vector<DatasetName> datasets = {};  // Of whose tags, manifests or tables one is so.

  bool empty() const { return revisions.empty() && jobs.empty() && datasets.empty(); }
  friend bool operator==(const Changes&, const Changes&) = default;
};

/// Why there is nothing to continue from. Whatever the reason, the caller reads everything anew,
/// through the same reader, and goes on from the position of the reading.
enum class FeedBreak : std::uint8_t {
  kBeginning,     // No position was given.
  kOtherFeed,     // It is another database's, or another incarnation's of this one.
  kPruned,        // Changes that came after it may have been pruned.
  kOtherHistory,  // The database has not been what it was then: an older state was restored.
};

/// "other_history": for logs.
std::string_view ToString(FeedBreak why);

/// One look at the feed.
struct FeedReading {
  FeedPosition position;  // The moment of the reader.
  std::expected<Changes, FeedBreak> changes;
};

/// Sorts each list and leaves every object in it once. For stores.
void SortChanges(Changes& changes);

/// What PruneFeed may take for `keep`: at most a hundred years.
/// Errors: kInvalidArgument if it is negative.
Result<std::chrono::milliseconds> BoundKeep(std::chrono::milliseconds keep);

}  // namespace tidemark::metadata_db
