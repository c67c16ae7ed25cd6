// Garbage collection: which files are due, and what becomes of their rows and objects.
#include <algorithm>
#include <string>

#include "collect_rows.h"
#include "put_rows.h"
#include "select_rows.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::Collectable;
using metadata_db::CollectionDelay;
using metadata_db::CondemnedObject;
using metadata_db::FileRemoval;
using metadata_db::JobClaim;
using metadata_db::NewFile;

// gc_manifest keeps UTC without a zone. The time is the server's and not the store's clock: the
// schema's own check looks at it too.
constexpr Query kSelectLocations{R"sql(
SELECT DISTINCT location_id FROM gc_manifest
WHERE expiration <= statement_timestamp() AT TIME ZONE 'UTC' ORDER BY location_id)sql"};

constexpr Query kSelectVersion{R"sql(
SELECT v.version, r.writer, s.status, r.path
FROM physical_table_revisions r
JOIN tidemark.table_versions v ON v.location_id = r.id
LEFT JOIN jobs_status s ON s.job_id = r.writer
WHERE r.id = $1)sql"};

constexpr Query kSelectExpired{R"sql(
SELECT file_id FROM gc_manifest
WHERE location_id = $1 AND expiration <= statement_timestamp() AT TIME ZONE 'UTC'
ORDER BY file_id)sql"};

constexpr Query kSelectCondemned{R"sql(
SELECT location_id, path, file_name FROM tidemark.condemned_objects
WHERE deleted_at IS NULL ORDER BY location_id, file_name COLLATE "C" LIMIT $1)sql"};

// $2: ids, with commas between them; here and below.
constexpr Query kCountFiles{R"sql(
SELECT count(*) FROM file_metadata
WHERE location_id = $1 AND id = ANY (string_to_array($2, ',')::bigint[]))sql"};

// file_path holds the bare name, as Amp's does, though it must be unique among all locations. One
// that another location's file has taken is given with the location's path, which is unique:
// whoever comes second, even at the same moment, is turned down by the first statement.
constexpr Query kSchedule{R"sql(
INSERT INTO gc_manifest (location_id, file_id, file_path, expiration)
SELECT f.location_id, f.id, f.file_name,
  statement_timestamp() AT TIME ZONE 'UTC' + $3 * interval '1 millisecond'
FROM file_metadata f
WHERE f.location_id = $1 AND f.id = ANY (string_to_array($2, ',')::bigint[])
ORDER BY f.id
ON CONFLICT DO NOTHING)sql"};
constexpr Query kScheduleRest{R"sql(
INSERT INTO gc_manifest (location_id, file_id, file_path, expiration)
SELECT f.location_id, f.id, r.path || '/' || f.file_name,
  statement_timestamp() AT TIME ZONE 'UTC' + $3 * interval '1 millisecond'
FROM file_metadata f JOIN physical_table_revisions r ON r.id = f.location_id
WHERE f.location_id = $1 AND f.id = ANY (string_to_array($2, ',')::bigint[])
ORDER BY f.id
ON CONFLICT (file_id) DO UPDATE SET expiration = excluded.expiration
  WHERE excluded.expiration < gc_manifest.expiration)sql"};

// Footers and schedules go with them.
constexpr Query kRemove{R"sql(
WITH gone AS (
  DELETE FROM file_metadata f USING gc_manifest g
  WHERE f.location_id = $1 AND f.id = ANY (string_to_array($2, ',')::bigint[])
    AND g.file_id = f.id AND g.expiration <= statement_timestamp() AT TIME ZONE 'UTC'
  RETURNING f.file_name)
INSERT INTO tidemark.condemned_objects (location_id, file_name, path)
SELECT $1, file_name, $3 FROM gone
ON CONFLICT (location_id, file_name) DO UPDATE SET deleted_at = NULL)sql"};

constexpr Query kAddReorgs{R"sql(
UPDATE tidemark.table_versions SET removed_reorgs = removed_reorgs + $2 WHERE location_id = $1)sql"};

constexpr Query kCondemn{R"sql(
INSERT INTO tidemark.condemned_objects (location_id, file_name, path)
SELECT $1, $2, $3 WHERE NOT EXISTS (
  SELECT 1 FROM file_metadata WHERE location_id = $1 AND file_name = $2)
ON CONFLICT (location_id, file_name) DO UPDATE SET deleted_at = NULL)sql"};

constexpr Query kMarkDeleted{R"sql(
UPDATE tidemark.condemned_objects SET deleted_at = coalesce($3, statement_timestamp())
WHERE location_id = $1 AND file_name = $2)sql"};

constexpr Query kForget{R"sql(
DELETE FROM tidemark.condemned_objects
WHERE deleted_at <= coalesce($1, statement_timestamp()) - $2 * interval '1 hour')sql"};

struct Location {
  std::uint64_t version = 0;
  metadata_db::RevisionWriter writer;
  std::string path;
};

Result<std::optional<Location>> FindLocation(Connection& connection, LocationId id) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectVersion, id.value));
  return CollectRow(rows, [](const Row& row) -> Result<Location> {
    Location location{
        .version = static_cast<std::uint64_t>(row.Int64(0)), .writer = {}, .path = row.Text(3)};
    if (const auto writer = row.OptionalInt64(1)) location.writer.id = JobId{*writer};
    if (!row.IsNull(2)) location.writer.status = ParseJobStatus(row.View(2));
    return location;
  });
}

/// The location with its lock, and that of its writer, as far as there is one: nobody else can
/// change its files, its writer, or the writer's state.
Result<Location> LockLocation(const Write& write, LocationId id) {
  TIDEMARK_TRY(const auto before, FindLocation(write.connection, id));
  if (!before) return metadata_db::NoSuchLocation(id);
  if (before->writer.id) TIDEMARK_TRY(LockJob(write, *before->writer.id));
  TIDEMARK_TRY(LockRevisions(write, {id}));
  TIDEMARK_TRY(const auto location, FindLocation(write.connection, id));
  if (!location) return metadata_db::NoSuchLocation(id);
  if (location->writer.id != before->writer.id) {
    return MakeError(ErrorCode::kConflict, "another job has become the location's writer");
  }
  return *location;
}

std::string Join(const std::vector<FileId>& ids) {
  std::string joined;
  for (const FileId id : ids) {
    if (!joined.empty()) joined += ',';
    joined += std::to_string(id.value);
  }
  return joined;
}

Result<bool> HasFiles(const Write& write, LocationId location, std::vector<FileId> files) {
  std::ranges::sort(files);
  files.erase(std::ranges::unique(files).begin(), files.end());
  TIDEMARK_TRY(const Rows rows, write.connection.Run(kCountFiles, location.value, Join(files)));
  return std::cmp_equal(rows[0].Int64(0), files.size());
}

Status Schedule(const Write& write, LocationId location, const std::vector<FileId>& files,
                CollectionDelay delay) {
  const auto milliseconds = static_cast<std::int64_t>(metadata_db::BoundDelay(delay).count());
  const std::string ids = Join(files);
  TIDEMARK_TRY(
      write.connection.RunAll({Statement(kSchedule, location.value, ids, milliseconds),
                               Statement(kScheduleRest, location.value, ids, milliseconds)}));
  return {};
}

}  // namespace

Result<std::vector<LocationId>> SelectLocationsToCollect(Connection& connection,
                                                         Ownership ownership) {
  if (ownership == Ownership::kAmps) return std::vector<LocationId>();
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectLocations));
  return CollectRows(rows,
                     [](const Row& row) -> Result<LocationId> { return LocationId{row.Int64(0)}; });
}

Result<std::optional<Collectable>> SelectCollectable(Connection& connection, Ownership ownership,
                                                     LocationId location) {
  if (ownership == Ownership::kAmps) return std::nullopt;
  TIDEMARK_TRY(const auto found, FindLocation(connection, location));
  if (!found) return std::nullopt;
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectExpired, location.value));
  TIDEMARK_TRY(auto expired, CollectRows(rows, [](const Row& row) -> Result<FileId> {
                 return FileId{row.Int64(0)};
               }));
  return Collectable{.version = found->version, .expired = std::move(expired)};
}

Result<std::vector<CondemnedObject>> SelectCondemnedObjects(Connection& connection,
                                                            Ownership ownership,
                                                            std::size_t limit) {
  if (ownership == Ownership::kAmps) return std::vector<CondemnedObject>();
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectCondemned, static_cast<std::int64_t>(limit)));
  return CollectRows(rows, [](const Row& row) -> Result<CondemnedObject> {
    return CondemnedObject{
        .location = {row.Int64(0)}, .path = row.Text(1), .file_name = row.Text(2)};
  });
}

Result<FileId> ReplaceFiles(const Write& write, const JobClaim& writer, const NewFile& file,
                            const std::vector<FileId>& parents, CollectionDelay delay) {
  TIDEMARK_TRY(const auto ids, CommitFiles(write, writer, {file}));
  const bool is_its_own = std::ranges::find(parents, ids.front()) != parents.end();
  if (parents.empty() || is_its_own) return metadata_db::NoFileToReplace(file);
  TIDEMARK_TRY(const bool are_there, HasFiles(write, file.location_id, parents));
  if (!are_there) return metadata_db::NoFileToReplace(file);
  TIDEMARK_TRY(Schedule(write, file.location_id, parents, delay));
  TIDEMARK_FAILPOINT("compaction.rows_replaced");
  return ids.front();
}

Status ScheduleCollection(const Write& write, LocationId location, std::uint64_t version,
                          const std::vector<FileId>& files, CollectionDelay delay) {
  TIDEMARK_TRY(const Location found, LockLocation(write, location));
  TIDEMARK_TRY(metadata_db::CheckNobodyWrites(location, found.writer));
  TIDEMARK_TRY(metadata_db::CheckVersion(location, version, found.version));
  TIDEMARK_TRY(const bool are_there, HasFiles(write, location, files));
  if (!are_there) return metadata_db::NotCollectable(location);
  return Schedule(write, location, files, delay);
}

Status RemoveFiles(const Write& write, const std::optional<JobClaim>& writer,
                   const FileRemoval& removal) {
  if (writer) {
    TIDEMARK_TRY(const auto job, LockJob(write, writer->job));
    if (!job) return metadata_db::NoSuchJob(writer->job);
    TIDEMARK_TRY(metadata_db::CheckMayCommit(*writer, *job));
  }
  TIDEMARK_TRY(const Location location, LockLocation(write, removal.location));
  if (writer) {
    TIDEMARK_TRY(metadata_db::CheckIsWriter(writer->job, removal.location, location.writer.id));
  } else {
    TIDEMARK_TRY(metadata_db::CheckNobodyWrites(removal.location, location.writer));
  }
  TIDEMARK_TRY(metadata_db::CheckVersion(removal.location, removal.version, location.version));
  TIDEMARK_TRY(const Rows removed, write.connection.Run(kRemove, removal.location.value,
                                                        Join(removal.files), location.path));
  if (removed.changed() != removal.files.size()) {
    return metadata_db::NotCollectable(removal.location);
  }
  TIDEMARK_TRY(write.connection.Run(kAddReorgs, removal.location.value, removal.lost_reorgs));
  TIDEMARK_FAILPOINT("collection.rows_removed");
  return {};
}

Result<std::uint64_t> CondemnObjects(const Write& write, LocationId location,
                                     const std::vector<std::string>& file_names) {
  TIDEMARK_TRY(LockRevisions(write, {location}));
  TIDEMARK_TRY(const auto found, FindLocation(write.connection, location));
  if (!found) return metadata_db::NoSuchLocation(location);
  std::vector<Statement> statements;
  statements.reserve(file_names.size());
  for (const std::string& name : file_names) {
    statements.emplace_back(kCondemn, location.value, name, found->path);
  }
  TIDEMARK_TRY(const auto results, write.connection.RunAll(statements));
  std::uint64_t condemned = 0;
  for (const Rows& rows : results) condemned += rows.changed();
  return condemned;
}

Status ForgetObjects(const Write& write, const std::vector<CondemnedObject>& objects) {
  std::vector<Statement> statements;
  statements.reserve(objects.size() + 1);
  for (const CondemnedObject& object : objects) {
    statements.emplace_back(kMarkDeleted, object.location.value, object.file_name, write.now);
  }
  statements.emplace_back(kForget, write.now,
                          static_cast<std::int64_t>(metadata_db::kCondemnedKept.count()));
  TIDEMARK_TRY(write.connection.RunAll(statements));
  return {};
}

}  // namespace tidemark::metadata_db_postgres
