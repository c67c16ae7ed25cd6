#include "put_rows.h"
#include "select_rows.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::JobClaim;
using metadata_db::NewFile;
using metadata_db::TableRow;
using metadata_db::TableToWrite;

constexpr Query kSelectWriter{"SELECT writer FROM physical_table_revisions WHERE id = ?1"};

constexpr Query kSetWriter{
    "UPDATE physical_table_revisions SET writer = ?2, updated_at = ?3 WHERE id = ?1"};

constexpr Query kSelectFile{R"sql(
SELECT id, metadata, object_size FROM file_metadata
WHERE location_id = ?1 AND file_name = ?2)sql"};

// Registered, and with an active revision.
Result<TableRow> ReadyTable(const Write& write, const DatasetVersion& version,
                            const TableToWrite& table) {
  Connection& connection = write.connection;
  TIDEMARK_TRY(PutTable(write, version, table.table_name));
  TIDEMARK_TRY(auto row, SelectTable(connection, version, table.table_name));
  // An active revision that leads nowhere is as good as none.
  if (row && !row->path) {
    TIDEMARK_TRY(const LocationId location, RegisterRevision(write, {.version = version,
                                                                     .table_name = table.table_name,
                                                                     .path = table.path_if_new}));
    TIDEMARK_TRY(SetActive(write, version, table.table_name, location));
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
  TIDEMARK_TRY(const bool is_condemned,
               SelectIsCondemned(connection, file.location_id, file.file_name));
  if (is_condemned) return metadata_db::IsCondemned(file.location_id, file.file_name);
  return InsertFile(write, file.location_id, file);
}

}  // namespace

Result<std::vector<TableRow>> AcquireTables(const Write& write, const DatasetVersion& version,
                                            const JobClaim& writer,
                                            const std::vector<TableToWrite>& tables) {
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, writer.job));
  if (!job) return metadata_db::NoSuchJob(writer.job);
  TIDEMARK_TRY(metadata_db::CheckClaim(writer, *job));
  for (const TableToWrite& table : tables) {
    TIDEMARK_TRY(const TableRow row, ReadyTable(write, version, table));
    if (!row.active_revision || !row.path) {
      return MakeError(ErrorCode::kInternal, "a table that was made ready has no revision");
    }
    TIDEMARK_TRY(metadata_db::CheckAcquire(writer.job, *row.path,
                                           {.id = row.writer, .status = row.writer_status}));
    if (row.writer != writer.job) {
      TIDEMARK_TRY(write.connection.Run(kSetWriter, row.active_revision->value, writer.job.value,
                                        write.now));
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

Result<std::vector<FileId>> CommitFiles(const Write& write, const JobClaim& writer,
                                        const std::vector<NewFile>& files) {
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, writer.job));
  if (!job) return metadata_db::NoSuchJob(writer.job);
  TIDEMARK_TRY(metadata_db::CheckMayCommit(writer, *job));
  std::vector<FileId> ids;
  ids.reserve(files.size());
  for (const NewFile& file : files) {
    TIDEMARK_TRY(const FileId id, CommitFile(write, writer.job, file));
    ids.push_back(id);
    TIDEMARK_FAILPOINT("commit.row_inserted");
  }
  TIDEMARK_FAILPOINT("commit.rows_inserted");
  return ids;
}

}  // namespace tidemark::metadata_db_sqlite
