// Garbage collection: which files are due, and what becomes of their rows and objects.
#include <string>

#include <fmt/format.h>

#include "collect_rows.h"
#include "put_rows.h"
#include "select_rows.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::Collectable;
using metadata_db::CollectionDelay;
using metadata_db::CondemnedObject;
using metadata_db::FileRemoval;
using metadata_db::JobClaim;
using metadata_db::NewFile;

// The time is the machine's and not the store's clock: the schema's own check looks at it too.
constexpr Query kSelectLocations{R"sql(
SELECT DISTINCT location_id FROM gc_manifest
WHERE expiration <= strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') ORDER BY location_id)sql"};

constexpr Query kSelectVersion{R"sql(
SELECT v.version, r.writer, s.status, r.path
FROM physical_table_revisions r
JOIN tidemark_table_versions v ON v.location_id = r.id
LEFT JOIN jobs_status s ON s.job_id = r.writer
WHERE r.id = ?1)sql"};

constexpr Query kSelectExpired{R"sql(
SELECT file_id FROM gc_manifest
WHERE location_id = ?1 AND expiration <= strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')
ORDER BY file_id)sql"};

constexpr Query kSelectCondemned{R"sql(
SELECT location_id, path, file_name FROM tidemark_condemned_objects
WHERE deleted_at IS NULL ORDER BY location_id, file_name LIMIT ?1)sql"};

constexpr Query kSelectIsCondemned{R"sql(
SELECT 1 FROM tidemark_condemned_objects WHERE location_id = ?1 AND file_name = ?2)sql"};

constexpr Query kSelectName{
    "SELECT file_name FROM file_metadata WHERE location_id = ?1 AND id = ?2"};

constexpr Query kSelectFileByName{
    "SELECT 1 FROM file_metadata WHERE location_id = ?1 AND file_name = ?2"};

// file_path holds the bare name, as Amp's does, though it must be unique among all locations. One
// that is taken by another location's file is given with the location's path, which is unique.
constexpr Query kSchedule{R"sql(
INSERT INTO gc_manifest (location_id, file_id, file_path, expiration)
SELECT ?1, f.id,
  CASE WHEN EXISTS (SELECT 1 FROM gc_manifest g WHERE g.file_path = f.file_name AND g.file_id <> f.id)
       THEN r.path || '/' || f.file_name ELSE f.file_name END,
  strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', ?3)
FROM file_metadata f JOIN physical_table_revisions r ON r.id = f.location_id
WHERE f.id = ?2 AND f.location_id = ?1
ON CONFLICT (file_id) DO UPDATE SET expiration = excluded.expiration
  WHERE excluded.expiration < expiration)sql"};

// Footer and schedule go with it.
constexpr Query kDeleteFile{R"sql(
DELETE FROM file_metadata WHERE location_id = ?1 AND id = ?2 AND EXISTS (
  SELECT 1 FROM gc_manifest g WHERE g.file_id = ?2
    AND g.expiration <= strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))
RETURNING file_name)sql"};

constexpr Query kCondemn{R"sql(
INSERT INTO tidemark_condemned_objects (location_id, file_name, path) VALUES (?1, ?2, ?3)
ON CONFLICT (location_id, file_name) DO UPDATE SET deleted_at = NULL)sql"};

constexpr Query kAddReorgs{R"sql(
UPDATE tidemark_table_versions SET removed_reorgs = removed_reorgs + ?2 WHERE location_id = ?1)sql"};

constexpr Query kMarkDeleted{R"sql(
UPDATE tidemark_condemned_objects SET deleted_at = ?3
WHERE location_id = ?1 AND file_name = ?2)sql"};

constexpr Query kForget{
    "DELETE FROM tidemark_condemned_objects WHERE deleted_at IS NOT NULL AND deleted_at <= ?1"};

struct Location {
  std::uint64_t version = 0;
  metadata_db::RevisionWriter writer;
  std::string path;
};

Result<std::optional<Location>> FindLocation(Connection& connection, LocationId id) {
  TIDEMARK_TRY(Statement row, connection.Start(kSelectVersion, id.value));
  TIDEMARK_TRY(const bool is_there, row.Step());
  if (!is_there) return std::nullopt;
  Location location{
      .version = static_cast<std::uint64_t>(row.Int64(0)), .writer = {}, .path = row.Text(3)};
  if (const auto writer = row.OptionalInt64(1)) location.writer.id = JobId{*writer};
  if (const auto status = row.OptionalText(2)) location.writer.status = ParseJobStatus(*status);
  return location;
}

Result<bool> Exists(Connection& connection, const Query& query, LocationId location, auto key) {
  TIDEMARK_TRY(Statement statement, connection.Start(query, location.value, key));
  return statement.Step();
}

Status Schedule(const Write& write, LocationId location, const std::vector<FileId>& files,
                CollectionDelay delay) {
  const auto milliseconds = metadata_db::BoundDelay(delay).count();
  const std::string later =
      fmt::format("+{}.{:03} seconds", milliseconds / 1000, milliseconds % 1000);
  for (const FileId file : files) {
    TIDEMARK_TRY(write.connection.Run(kSchedule, location.value, file.value, later));
  }
  return {};
}

Result<std::string> DeleteFile(const Write& write, LocationId location, FileId file) {
  TIDEMARK_TRY(Statement deleted, write.connection.Start(kDeleteFile, location.value, file.value));
  TIDEMARK_TRY(const bool was_due, deleted.Step());
  if (!was_due) return metadata_db::NotCollectable(location);
  std::string name = deleted.Text(0);
  TIDEMARK_TRY(deleted.Step());
  return name;
}

}  // namespace

Result<std::vector<LocationId>> SelectLocationsToCollect(Connection& connection) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectLocations));
  return CollectRows(std::move(statement), [](const Statement& row) -> Result<LocationId> {
    return LocationId{row.Int64(0)};
  });
}

Result<std::optional<Collectable>> SelectCollectable(Connection& connection, LocationId location) {
  TIDEMARK_TRY(const auto found, FindLocation(connection, location));
  if (!found) return std::nullopt;
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectExpired, location.value));
  TIDEMARK_TRY(auto expired,
               CollectRows(std::move(statement), [](const Statement& row) -> Result<FileId> {
                 return FileId{row.Int64(0)};
               }));
  return Collectable{.version = found->version, .expired = std::move(expired)};
}

Result<std::vector<CondemnedObject>> SelectCondemnedObjects(Connection& connection,
                                                            std::size_t limit) {
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectCondemned, static_cast<std::int64_t>(limit)));
  return CollectRows(std::move(statement), [](const Statement& row) -> Result<CondemnedObject> {
    return CondemnedObject{
        .location = {row.Int64(0)}, .path = row.Text(1), .file_name = row.Text(2)};
  });
}

Result<bool> SelectIsCondemned(Connection& connection, LocationId location,
                               std::string_view file_name) {
  return Exists(connection, kSelectIsCondemned, location, file_name);
}

Result<FileId> ReplaceFiles(const Write& write, const JobClaim& writer, const NewFile& file,
                            const std::vector<FileId>& parents, CollectionDelay delay) {
  TIDEMARK_TRY(const auto ids, CommitFiles(write, writer, {file}));
  if (parents.empty()) return metadata_db::NoFileToReplace(file);
  for (const FileId parent : parents) {
    TIDEMARK_TRY(const bool is_there,
                 Exists(write.connection, kSelectName, file.location_id, parent.value));
    if (!is_there || parent == ids.front()) return metadata_db::NoFileToReplace(file);
  }
  TIDEMARK_TRY(Schedule(write, file.location_id, parents, delay));
  TIDEMARK_FAILPOINT("compaction.rows_replaced");
  return ids.front();
}

Status ScheduleCollection(const Write& write, LocationId location, std::uint64_t version,
                          const std::vector<FileId>& files, CollectionDelay delay) {
  TIDEMARK_TRY(const auto found, FindLocation(write.connection, location));
  if (!found) return metadata_db::NoSuchLocation(location);
  TIDEMARK_TRY(metadata_db::CheckNobodyWrites(location, found->writer));
  TIDEMARK_TRY(metadata_db::CheckVersion(location, version, found->version));
  for (const FileId file : files) {
    TIDEMARK_TRY(const bool is_there, Exists(write.connection, kSelectName, location, file.value));
    if (!is_there) return metadata_db::NotCollectable(location);
  }
  return Schedule(write, location, files, delay);
}

Status RemoveFiles(const Write& write, const std::optional<JobClaim>& writer,
                   const FileRemoval& removal) {
  Connection& connection = write.connection;
  TIDEMARK_TRY(const auto location, FindLocation(connection, removal.location));
  if (!location) return metadata_db::NoSuchLocation(removal.location);
  if (writer) {
    TIDEMARK_TRY(const auto job, SelectJob(connection, writer->job));
    if (!job) return metadata_db::NoSuchJob(writer->job);
    TIDEMARK_TRY(metadata_db::CheckMayCommit(*writer, *job));
    TIDEMARK_TRY(metadata_db::CheckIsWriter(writer->job, removal.location, location->writer.id));
  } else {
    TIDEMARK_TRY(metadata_db::CheckNobodyWrites(removal.location, location->writer));
  }
  TIDEMARK_TRY(metadata_db::CheckVersion(removal.location, removal.version, location->version));
  for (const FileId file : removal.files) {
    TIDEMARK_TRY(const std::string name, DeleteFile(write, removal.location, file));
    TIDEMARK_TRY(connection.Run(kCondemn, removal.location.value, name, location->path));
  }
  TIDEMARK_TRY(connection.Run(kAddReorgs, removal.location.value, removal.lost_reorgs));
  TIDEMARK_FAILPOINT("collection.rows_removed");
  return {};
}

Result<std::uint64_t> CondemnObjects(const Write& write, LocationId location,
                                     const std::vector<std::string>& file_names) {
  Connection& connection = write.connection;
  TIDEMARK_TRY(const auto found, FindLocation(connection, location));
  if (!found) return metadata_db::NoSuchLocation(location);
  std::uint64_t condemned = 0;
  for (const std::string& name : file_names) {
    TIDEMARK_TRY(const bool is_named,
                 Exists(connection, kSelectFileByName, location, std::string_view(name)));
    if (is_named) continue;
    TIDEMARK_TRY(connection.Run(kCondemn, location.value, name, found->path));
    ++condemned;
  }
  return condemned;
}

Status ForgetObjects(const Write& write, const std::vector<CondemnedObject>& objects) {
  for (const CondemnedObject& object : objects) {
    TIDEMARK_TRY(
        write.connection.Run(kMarkDeleted, object.location.value, object.file_name, write.now));
  }
  return write.connection.Run(kForget, FormatRfc3339(write.time - metadata_db::kCondemnedKept));
}

}  // namespace tidemark::metadata_db_sqlite
