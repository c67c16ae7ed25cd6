#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "collect_rows.h"
#include "select_rows.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::FileRow;
using metadata_db::FooterRow;
using metadata_db::RevisionFilter;
using metadata_db::RevisionRow;
using metadata_db::TableRow;

constexpr Query kSelectTable{R"sql(
SELECT t.table_name, t.active_revision_id, r.path, r.writer, s.status, v.version,
  t.dataset_namespace, t.dataset_name, t.manifest_hash, v.removed_reorgs
FROM physical_tables t
LEFT JOIN physical_table_revisions r ON r.id = t.active_revision_id
LEFT JOIN jobs_status s ON s.job_id = r.writer
LEFT JOIN tidemark_table_versions v ON v.location_id = r.id
WHERE t.dataset_namespace = ?1 AND t.dataset_name = ?2 AND t.manifest_hash = ?3
  AND t.table_name = ?4)sql"};

constexpr Query kSelectTables{R"sql(
SELECT t.table_name, t.active_revision_id, r.path, r.writer, s.status, v.version,
  t.dataset_namespace, t.dataset_name, t.manifest_hash, v.removed_reorgs
FROM physical_tables t
LEFT JOIN physical_table_revisions r ON r.id = t.active_revision_id
LEFT JOIN jobs_status s ON s.job_id = r.writer
LEFT JOIN tidemark_table_versions v ON v.location_id = r.id
WHERE t.dataset_namespace = ?1 AND t.dataset_name = ?2 AND t.manifest_hash = ?3
ORDER BY t.table_name)sql"};

constexpr Query kSelectTablesOfWriter{R"sql(
SELECT t.table_name, t.active_revision_id, r.path, r.writer, s.status, v.version,
  t.dataset_namespace, t.dataset_name, t.manifest_hash, v.removed_reorgs
FROM physical_table_revisions r
JOIN physical_tables t ON t.active_revision_id = r.id
LEFT JOIN jobs_status s ON s.job_id = r.writer
LEFT JOIN tidemark_table_versions v ON v.location_id = r.id
WHERE r.writer = ?1
ORDER BY t.table_name, t.dataset_namespace, t.dataset_name, t.manifest_hash)sql"};

constexpr Query kSelectRevision{R"sql(
SELECT r.id, r.path, EXISTS (SELECT 1 FROM physical_tables t WHERE t.active_revision_id = r.id),
  r.writer, s.status, r.metadata
FROM physical_table_revisions r LEFT JOIN jobs_status s ON s.job_id = r.writer
WHERE r.id = ?1)sql"};

// ?1: 1 for the active ones, 0 for the others, or null for both.
constexpr Query kSelectRevisions{R"sql(
SELECT r.id, r.path, EXISTS (SELECT 1 FROM physical_tables t WHERE t.active_revision_id = r.id),
  r.writer, s.status, r.metadata
FROM physical_table_revisions r LEFT JOIN jobs_status s ON s.job_id = r.writer
WHERE ?1 IS NULL
   OR EXISTS (SELECT 1 FROM physical_tables t WHERE t.active_revision_id = r.id) = ?1
ORDER BY r.id DESC)sql"};

constexpr Query kSelectFiles{R"sql(
SELECT id, location_id, file_name, metadata, object_size, object_e_tag, object_version, url
FROM file_metadata WHERE location_id = ?1 ORDER BY id)sql"};

constexpr Query kVisitFiles{R"sql(
SELECT id, file_name, metadata, object_size
FROM file_metadata WHERE location_id = ?1 AND id > ?2 ORDER BY id)sql"};

constexpr Query kSelectFile{R"sql(
SELECT id, location_id, file_name, metadata, object_size, object_e_tag, object_version, url
FROM file_metadata WHERE id = ?1)sql"};

// ?2: a JSON list of ids. The length of a blob is known without its being read.
constexpr Query kSelectFooters{R"sql(
SELECT f.id, f.file_name, length(c.footer), CASE WHEN length(c.footer) <= ?3 THEN c.footer END
FROM file_metadata f JOIN footer_cache c ON c.file_id = f.id
WHERE f.location_id = ?1 AND f.id IN (SELECT value FROM json_each(?2)) ORDER BY f.id)sql"};

std::optional<JobStatus> ReadStatus(const Statement& row, int column) {
  const auto status = row.OptionalText(column);
  return status ? std::optional(ParseJobStatus(*status)) : std::nullopt;
}

// The hash is not checked: progress must not depend on what a row looks like.
Result<TableRow> ReadTable(const Statement& row) {
  TableRow table{.version = {.dataset = {.ns = row.Text(6), .name = row.Text(7)},
                             .manifest_hash = {row.Text(8)}},
                 .table_name = row.Text(0),
                 .path = row.OptionalText(2),
                 .writer_status = ReadStatus(row, 4),
                 .revision_version = static_cast<std::uint64_t>(row.Int64(5)),
                 .removed_reorgs = row.Int64(9)};
  if (const auto active = row.OptionalInt64(1)) table.active_revision = LocationId{*active};
  if (const auto writer = row.OptionalInt64(3)) table.writer = JobId{*writer};
  return table;
}

Result<RevisionRow> ReadRevision(const Statement& row) {
  RevisionRow revision{.id = {row.Int64(0)},
                       .path = row.Text(1),
                       .is_active = row.Int64(2) != 0,
                       .writer_status = ReadStatus(row, 4),
                       .metadata = row.Text(5)};
  if (const auto writer = row.OptionalInt64(3)) revision.writer = JobId{*writer};
  return revision;
}

Result<FileRow> ReadFile(const Statement& row) {
  return FileRow{.id = {row.Int64(0)},
                 .location_id = {row.Int64(1)},
                 .file_name = row.Text(2),
                 .metadata = row.Text(3),
                 .object_size = row.OptionalInt64(4),
                 .object_e_tag = row.OptionalText(5),
                 .object_version = row.OptionalText(6),
                 .url = row.Text(7)};
}

Result<FooterRow> ReadFooter(const Statement& row) {
  return FooterRow{.file_id = {row.Int64(0)},
                   .file_name = row.Text(1),
                   .size_bytes = static_cast<std::uint64_t>(row.Int64(2)),
                   .footer = row.OptionalText(3)};
}

}  // namespace

Result<std::vector<TableRow>> SelectTables(Connection& connection, const DatasetVersion& version) {
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectTables, version.dataset.ns, version.dataset.name,
                                version.manifest_hash.hex));
  return CollectRows(std::move(statement), ReadTable);
}

Result<std::optional<TableRow>> SelectTable(Connection& connection, const DatasetVersion& version,
                                            std::string_view table_name) {
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectTable, version.dataset.ns, version.dataset.name,
                                version.manifest_hash.hex, table_name));
  return CollectRow(std::move(statement), ReadTable);
}

Result<std::vector<TableRow>> SelectTablesWrittenBy(Connection& connection, JobId writer) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectTablesOfWriter, writer.value));
  return CollectRows(std::move(statement), ReadTable);
}

Result<std::optional<RevisionRow>> SelectRevision(Connection& connection, LocationId id) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectRevision, id.value));
  return CollectRow(std::move(statement), ReadRevision);
}

Result<std::vector<RevisionRow>> SelectRevisions(Connection& connection,
                                                 const RevisionFilter& filter) {
  std::optional<std::int64_t> is_active;
  if (filter.is_active) is_active = *filter.is_active ? 1 : 0;
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectRevisions, is_active));
  return CollectRows(std::move(statement), ReadRevision,
                     filter.limit.value_or(std::numeric_limits<std::size_t>::max()));
}

Result<std::vector<FileRow>> SelectFiles(Connection& connection, LocationId location) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectFiles, location.value));
  return CollectRows(std::move(statement), ReadFile);
}

Status VisitFiles(Connection& connection, LocationId location, FileId after,
                  const metadata_db::FileVisitor& visit) {
  TIDEMARK_TRY(Statement row, connection.Start(kVisitFiles, location.value, after.value));
  for (;;) {
    TIDEMARK_TRY(const bool has_row, row.Step());
    if (!has_row) return {};
    visit({.id = {row.Int64(0)},
           .file_name = row.View(1),
           .metadata = row.View(2),
           .object_size = row.OptionalInt64(3)});
  }
}

Result<std::optional<FileRow>> SelectFile(Connection& connection, FileId id) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectFile, id.value));
  return CollectRow(std::move(statement), ReadFile);
}

Result<std::vector<FooterRow>> SelectFooters(Connection& connection, LocationId location,
                                             std::span<const FileId> files,
                                             std::uint64_t limit_bytes) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::string ids = "[";
  for (const FileId id : files) ids += (ids.size() == 1 ? "" : ",") + std::to_string(id.value);
  ids += ']';
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectFooters, location.value, std::string_view(ids),
                                static_cast<std::int64_t>(std::min(limit_bytes, kMax))));
  return CollectRows(std::move(statement), ReadFooter);
}

}  // namespace tidemark::metadata_db_sqlite
