// Revisions: the storage places of tables, and the files that are registered in them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {
class MetadataStore;
}
namespace tidemark::object_store {
class ObjectStore;
}

namespace tidemark::data_store {

struct Revision {
  LocationId id;
  std::string path;  // Relative to the data folder.
  bool is_active = false;
  std::optional<JobId> writer;
  std::string metadata;  // JSON, as stored.
};

struct RevisionQuery {
  std::optional<bool> is_active;  // Absent: both.
  std::size_t limit = 100;
};

/// A row of a Parquet file, as stored.
struct StoredFile {
  FileId id;
  LocationId location_id;
  std::string file_name;
  std::string url;  // Of the revision's folder.
  std::optional<std::int64_t> object_size;
  std::optional<std::string> object_e_tag;
  std::optional<std::string> object_version;
  std::string metadata;  // Not checked; JSON where it is well-formed.
};

/// An object that is no segment of the table, or cannot be read as one.
struct UnreadableFile {
  std::string path;
  std::string reason;
};

struct RestoredFiles {
  std::uint64_t total_files = 0;  // Segments found in storage, whether they were registered or not.
  std::uint64_t added_files = 0;  // Those that had no row.
  std::uint64_t unreadable_count = 0;      // Left out.
  std::vector<UnreadableFile> unreadable;  // The first few of them.
};

struct RestoredTable {
  LocationId location_id;
  std::string url;  // Of the revision's folder.
  RestoredFiles files;
};

struct PruneQuery {
  std::optional<BlockNumber> before_block = std::nullopt;  // Only files that end before it.
  std::chrono::milliseconds delay{0};                      // Until they may be collected.
};

/// Thread-safe. Blocks on the metadata database, and to restore on the object store, up to the
/// deadline. Errors of every function: kUnavailable; of every one that writes, kInvalidArgument if
/// the database is only read.
class Revisions {
 public:
  Revisions() = default;
  Revisions(const Revisions&) = delete;
  Revisions& operator=(const Revisions&) = delete;
  virtual ~Revisions() = default;

  virtual Result<std::optional<Revision>> Get(LocationId id, Deadline deadline) = 0;
  /// Newest id first.
  virtual Result<std::vector<Revision>> List(const RevisionQuery& query, Deadline deadline) = 0;
  virtual Result<std::optional<StoredFile>> GetFile(FileId id, Deadline deadline) = 0;

  /// Makes sure that there is a revision at `path` for the table; it is not activated.
  /// Errors: kInvalidArgument for a path that is no object path.
  virtual Result<LocationId> Register(const DatasetVersion& version, std::string_view table_name,
                                      std::string_view path, Deadline deadline) = 0;
  /// Errors: kNotFound if there is no such revision.
  virtual Status Activate(const DatasetVersion& version, std::string_view table_name,
                          LocationId revision, Deadline deadline) = 0;
  /// Errors: kNotFound if the table is not registered.
  virtual Status Deactivate(const DatasetVersion& version, std::string_view table_name,
                            Deadline deadline) = 0;

  /// Registers every segment that storage has below the revision and that has no row yet. A file
  /// whose footer cannot be read, or speaks of another table, is left out and named.
  /// Errors: kNotFound if there is no such revision.
  virtual Result<RestoredFiles> RestoreFiles(LocationId revision, Deadline deadline) = 0;
  /// The same for the newest revision that storage has of the table (the greatest UUIDv7), or for
  /// `revision` if it is given; and activates it.
  /// Errors: kNotFound if storage has no revision of the table, or there is no such revision.
  virtual Result<RestoredTable> RestoreTable(const DatasetVersion& version,
                                             std::string_view table_name,
                                             std::optional<LocationId> revision,
                                             Deadline deadline) = 0;

  /// Schedules the files of a revision that are not in its canonical chain to be collected, islands
  /// behind a gap among them; yields how many there are. A row that cannot be read is left alone. A
  /// file that gets into the chain before its time has come will stay.
  /// Errors: kNotFound if there is no such revision; kConflict while a job that is not terminal
  /// writes it, or if it changes again and again.
  virtual Result<std::uint64_t> Prune(LocationId revision, const PruneQuery& query,
                                      Deadline deadline) = 0;
};

/// Both stores must outlive the result. `data` has the revisions' paths at its root.
std::unique_ptr<Revisions> MakeRevisions(metadata_db::MetadataStore& store,
                                         object_store::ObjectStore& data);

}  // namespace tidemark::data_store
