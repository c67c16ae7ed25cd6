#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::NewFile;
using metadata_db::TableRow;
using metadata_db::TableToWrite;

constexpr Query kPutTable{R"sql(
INSERT INTO physical_tables
  (dataset_namespace, dataset_name, manifest_hash, table_name, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?5)
ON CONFLICT (dataset_namespace, dataset_name, manifest_hash, table_name)
DO UPDATE SET updated_at = excluded.updated_at)sql"};

constexpr Query kActivate{R"sql(
UPDATE physical_tables SET active_revision_id = ?5
WHERE dataset_namespace = ?1 AND dataset_name = ?2 AND manifest_hash = ?3
  AND table_name = ?4)sql"};

constexpr Query kSelectRevision{"SELECT id FROM physical_table_revisions WHERE path = ?1"};

constexpr Query kInsertRevision{R"sql(
INSERT INTO physical_table_revisions (path, metadata, created_at, updated_at)
VALUES (?1, ?2, ?3, ?3))sql"};

constexpr Query kSelectWriter{"SELECT writer FROM physical_table_revisions WHERE id = ?1"};

constexpr Query kSetWriter{
    "UPDATE physical_table_revisions SET writer = ?2, updated_at = ?3 WHERE id = ?1"};

constexpr Query kSelectFile{R"sql(
SELECT id, metadata, object_size FROM file_metadata
WHERE location_id = ?1 AND file_name = ?2)sql"};

constexpr Query kInsertFile{R"sql(
INSERT INTO file_metadata (location_id, file_name, metadata, object_size, object_e_tag, url)
VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql"};

constexpr Query kInsertFooter{"INSERT INTO footer_cache (file_id, footer) VALUES (?1, ?2)"};

Result<LocationId> FindOrAddRevision(const Write& write, const DatasetVersion& version,
                                     const TableToWrite& table) {
  {
    TIDEMARK_TRY(Statement statement, write.connection.Start(kSelectRevision, table.path_if_new));
    TIDEMARK_TRY(const bool is_there, statement.Step());
    if (is_there) return LocationId{statement.Int64(0)};
  }
  TIDEMARK_TRY(write.connection.Run(kInsertRevision, table.path_if_new,
                                    metadata_db::RevisionMetadata(version, table.table_name),
                                    write.now));
  return LocationId{write.connection.last_insert_id()};
}

// Registered, and with an active revision.
Result<TableRow> ReadyTable(const Write& write, const DatasetVersion& version,
                            const TableToWrite& table) {
  Connection& connection = write.connection;
  const auto& [dataset, hash] = version;
  TIDEMARK_TRY(
      connection.Run(kPutTable, dataset.ns, dataset.name, hash.hex, table.table_name, write.now));
  TIDEMARK_TRY(auto row, SelectTable(connection, version, table.table_name));
  if (row && !row->active_revision) {
    TIDEMARK_TRY(const LocationId location, FindOrAddRevision(write, version, table));
    TIDEMARK_TRY(connection.Run(kActivate, dataset.ns, dataset.name, hash.hex, table.table_name,
                                location.value));
    TIDEMARK_TRY(row, SelectTable(connection, version, table.table_name));
  }
  if (!row || !row->active_revision || !row->path) {
    return MakeError(ErrorCode::kInternal, "a table that was just registered is not there");
  }
  return *std::move(row);
}

Result<FileId> CommitFile(const Write& write, JobId writer, const NewFile& file) {
  Connection& connection = write.connection;
  {
    TIDEMARK_TRY(Statement revision, connection.Start(kSelectWriter, file.location_id.value));
    TIDEMARK_TRY(const bool is_there, revision.Step());
    if (!is_there) return metadata_db::NoSuchLocation(file.location_id);
    std::optional<JobId> present;
    if (const auto id = revision.OptionalInt64(0)) present = JobId{*id};
    TIDEMARK_TRY(metadata_db::CheckIsWriter(writer, file.location_id, present));
  }
  {
    TIDEMARK_TRY(Statement stored,
                 connection.Start(kSelectFile, file.location_id.value, file.file_name));
    TIDEMARK_TRY(const bool is_there, stored.Step());
    if (is_there) {
      TIDEMARK_TRY(metadata_db::CheckSameFile(file, stored.Text(1), stored.OptionalInt64(2)));
      return FileId{stored.Int64(0)};
    }
  }
  TIDEMARK_TRY(connection.Run(kInsertFile, file.location_id.value, file.file_name, file.metadata,
                              static_cast<std::int64_t>(file.object_size), file.object_e_tag,
                              file.url));
  const FileId id{connection.last_insert_id()};
  TIDEMARK_TRY(connection.Run(kInsertFooter, id.value, Blob{file.footer}));
  return id;
}

}  // namespace

Result<std::vector<TableRow>> AcquireTables(const Write& write, const DatasetVersion& version,
                                            JobId writer, const std::vector<TableToWrite>& tables) {
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, writer));
  if (!job) return metadata_db::NoSuchJob(writer);
  for (const TableToWrite& table : tables) {
    TIDEMARK_TRY(const TableRow row, ReadyTable(write, version, table));
    if (!row.active_revision || !row.path) {
      return MakeError(ErrorCode::kInternal, "a table that was made ready has no revision");
    }
    TIDEMARK_TRY(metadata_db::CheckAcquire(writer, *row.path,
                                           {.id = row.writer, .status = row.writer_status}));
    if (row.writer != writer) {
      TIDEMARK_TRY(
          write.connection.Run(kSetWriter, row.active_revision->value, writer.value, write.now));
    }
  }
  // Only now, because tables may share a revision.
  std::vector<TableRow> rows;
  for (const TableToWrite& table : tables) {
    TIDEMARK_TRY(auto row, SelectTable(write.connection, version, table.table_name));
    if (row) rows.push_back(*std::move(row));
  }
  return rows;
}

Result<std::vector<FileId>> CommitFiles(const Write& write, JobId writer,
                                        const std::vector<NewFile>& files) {
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, writer));
  if (!job) return metadata_db::NoSuchJob(writer);
  TIDEMARK_TRY(metadata_db::CheckMayCommit(writer, job->status));
  std::vector<FileId> ids;
  ids.reserve(files.size());
  for (const NewFile& file : files) {
    TIDEMARK_TRY(const FileId id, CommitFile(write, writer, file));
    ids.push_back(id);
  }
  return ids;
}

}  // namespace tidemark::metadata_db_sqlite
