// Whether the change feed has gone on, told without reading it while nobody commits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "connection.h"
#include "tidemark/base/mutex.h"
#include "tidemark/metadata_db/change_feed.h"

namespace tidemark::metadata_db_sqlite {

/// SQLite counts for each connection the commits of all others (PRAGMA data_version), and tells the
/// count for the price of a look at shared memory. This has a connection of its own, which never
/// writes, so that every commit is another's. Thread-safe.
class CommitWatch {
 public:
  explicit CommitWatch(std::filesystem::path file) : file_(std::move(file)) {}

  /// As MetadataStore::MayHaveChanged.
  Result<bool> MayHaveChanged(const metadata_db::FeedPosition& since, Deadline deadline);

  /// As MetadataStore::IsSurelyUnchanged.
  bool IsSurelyUnchanged(const metadata_db::FeedPosition& since);

 private:
  /// Where the feed was when the count was this.
  struct Known {
    std::int64_t commits = 0;
    metadata_db::FeedPosition position;
  };

  Result<bool> Look(const metadata_db::FeedPosition& since, Deadline deadline)
      TIDEMARK_REQUIRES(mutex_);

  const std::filesystem::path file_;
  Mutex mutex_;
  std::unique_ptr<Connection> connection_ TIDEMARK_GUARDED_BY(mutex_);
  std::optional<Known> known_ TIDEMARK_GUARDED_BY(mutex_);  // Of the connection.
};

}  // namespace tidemark::metadata_db_sqlite
