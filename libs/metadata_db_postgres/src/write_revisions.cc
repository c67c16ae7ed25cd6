#include <algorithm>
#include <span>

#include "collect_rows.h"
#include "put_rows.h"
#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::NewFile;

// Statements that are sent at once, which bounds the memory that many files take.
constexpr std::size_t kChunk = 256;

constexpr Query kPutTable{R"sql(
INSERT INTO physical_tables
  (dataset_namespace, dataset_name, manifest_hash, table_name, created_at, updated_at)
SELECT $1, $2, $3, $4, t, t
FROM (SELECT coalesce($5, statement_timestamp()) AT TIME ZONE 'UTC') AS now (t)
ON CONFLICT (dataset_namespace, dataset_name, manifest_hash, table_name)
DO UPDATE SET updated_at = excluded.updated_at)sql"};

constexpr Query kActivate{R"sql(
UPDATE physical_tables SET active_revision_id = $5,
  updated_at = coalesce($6, statement_timestamp()) AT TIME ZONE 'UTC'
WHERE dataset_namespace = $1 AND dataset_name = $2 AND manifest_hash = $3
  AND table_name = $4)sql"};

constexpr Query kSelectPath{"SELECT id FROM physical_table_revisions WHERE path = $1"};

constexpr Query kInsertRevision{R"sql(
INSERT INTO physical_table_revisions (path, metadata, created_at, updated_at)
SELECT $1, $2::jsonb, t, t
FROM (SELECT coalesce($3, statement_timestamp()) AT TIME ZONE 'UTC') AS now (t)
ON CONFLICT (path) DO NOTHING RETURNING id)sql"};

// $1: ids, with commas between them.
constexpr Query kLockRevisions{R"sql(
SELECT id, writer FROM physical_table_revisions
WHERE id = ANY (string_to_array($1, ',')::bigint[]) ORDER BY id FOR NO KEY UPDATE)sql"};

// File and footer, or neither, also where the object is condemned.
constexpr Query kInsertFile{R"sql(
WITH file AS (
  INSERT INTO file_metadata (location_id, file_name, metadata, object_size, object_e_tag, url)
  SELECT $1, $2, $3::jsonb, $4, $5, $6 WHERE NOT EXISTS (
    SELECT 1 FROM tidemark.condemned_objects WHERE location_id = $1 AND file_name = $2)
  ON CONFLICT (location_id, file_name) DO NOTHING RETURNING id),
footer AS (INSERT INTO footer_cache (file_id, footer) SELECT id, $7 FROM file)
SELECT id FROM file)sql"};

Result<std::optional<LocationId>> FindRevision(const Write& write, const std::string& path) {
  TIDEMARK_TRY(const Rows rows, write.connection.Run(kSelectPath, path));
  return CollectRow(rows,
                    [](const Row& row) -> Result<LocationId> { return LocationId{row.Int64(0)}; });
}

Status CheckIsThere(const Write& write, LocationId revision) {
  TIDEMARK_TRY(const auto locked, LockRevisions(write, {revision}));
  if (locked.empty()) return metadata_db::NoSuchLocation(revision);
  return {};
}

}  // namespace

Result<std::vector<LockedRevision>> LockRevisions(const Write& write,
                                                  const std::vector<LocationId>& ids) {
  std::string joined;
  for (const LocationId id : ids) {
    if (!joined.empty()) joined += ',';
    joined += std::to_string(id.value);
  }
  TIDEMARK_TRY(const Rows rows, write.connection.Run(kLockRevisions, joined));
  return CollectRows(rows, [](const Row& row) -> Result<LockedRevision> {
    LockedRevision revision{.id = {row.Int64(0)}, .writer = std::nullopt};
    if (const auto writer = row.OptionalInt64(1)) revision.writer = JobId{*writer};
    return revision;
  });
}

Status PutTable(const Write& write, const DatasetVersion& version, std::string_view table_name) {
  TIDEMARK_TRY(write.connection.Run(kPutTable, version.dataset.ns, version.dataset.name,
                                    version.manifest_hash.hex, table_name, write.now));
  return {};
}

Status SetActive(const Write& write, const DatasetVersion& version, std::string_view table_name,
                 std::optional<LocationId> revision) {
  std::optional<std::int64_t> id;
  if (revision) id = revision->value;
  TIDEMARK_TRY(write.connection.Run(kActivate, version.dataset.ns, version.dataset.name,
                                    version.manifest_hash.hex, table_name, id, write.now));
  return {};
}

Result<std::vector<std::optional<FileId>>> InsertFiles(const Write& write,
                                                       const std::vector<const NewFile*>& files) {
  std::vector<std::optional<FileId>> ids;
  ids.reserve(files.size());
  for (std::size_t begin = 0; begin < files.size(); begin += kChunk) {
    std::vector<Statement> statements;
    const auto chunk = std::span(files).subspan(begin, std::min(kChunk, files.size() - begin));
    for (const NewFile* file : chunk) {
      statements.emplace_back(kInsertFile, file->location_id.value, file->file_name,
                              Json{file->metadata}, static_cast<std::int64_t>(file->object_size),
                              file->object_e_tag, file->url, Blob{file->footer});
    }
    TIDEMARK_TRY(const auto results, write.connection.RunAll(statements));
    for (const Rows& rows : results) {
      ids.push_back(rows.empty() ? std::nullopt : std::optional(FileId{rows[0].Int64(0)}));
    }
  }
  return ids;
}

Result<LocationId> RegisterRevision(const Write& write,
                                    const metadata_db::TableLocation& location) {
  // Looking first saves ids, which an insertion uses up even if it is in vain.
  TIDEMARK_TRY(auto id, FindRevision(write, location.path));
  if (id) return *id;
  const std::string metadata = metadata_db::RevisionMetadata(location.version, location.table_name);
  TIDEMARK_TRY(const Rows added,
               write.connection.Run(kInsertRevision, location.path, Json{metadata}, write.now));
  if (!added.empty()) return LocationId{added[0].Int64(0)};
  TIDEMARK_TRY(id, FindRevision(write, location.path));
  if (id) return *id;
  return MakeError(ErrorCode::kConflict, "the revision was deleted in the meantime");
}

Result<std::uint64_t> RestoreFiles(const Write& write, LocationId location,
                                   const std::vector<NewFile>& files) {
  TIDEMARK_TRY(CheckIsThere(write, location));
  std::vector<NewFile> moved = files;
  std::vector<const NewFile*> pointers;
  for (NewFile& file : moved) {
    file.location_id = location;
    pointers.push_back(&file);
  }
  TIDEMARK_TRY(const auto ids, InsertFiles(write, pointers));
  return static_cast<std::uint64_t>(
      std::ranges::count_if(ids, [](const auto& id) { return id.has_value(); }));
}

Status ActivateRevision(const Write& write, const DatasetVersion& version,
                        std::string_view table_name, LocationId revision) {
  TIDEMARK_TRY(PutTable(write, version, table_name));
  TIDEMARK_TRY(CheckIsThere(write, revision));
  return SetActive(write, version, table_name, revision);
}

Status DeactivateTable(const Write& write, const DatasetVersion& version,
                       std::string_view table_name) {
  TIDEMARK_TRY(const auto table,
               SelectTable(write.connection, VersionSource::kOurTable, version, table_name));
  if (!table) return metadata_db::NoSuchTable(version, table_name);
  return SetActive(write, version, table_name, std::nullopt);
}

}  // namespace tidemark::metadata_db_postgres
