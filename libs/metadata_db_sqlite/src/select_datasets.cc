#include "collect_rows.h"
#include "select_rows.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::FileRow;
using metadata_db::ManifestRow;
using metadata_db::TableRow;
using metadata_db::TagRow;

constexpr Query kSelectManifest{"SELECT hash, path, kind FROM manifest_files WHERE hash = ?1"};

constexpr Query kSelectLink{
    "SELECT 1 FROM dataset_manifests WHERE namespace = ?1 AND name = ?2 AND hash = ?3"};

constexpr Query kSelectTag{R"sql(
SELECT namespace, name, version, hash, created_at, updated_at FROM tags
WHERE namespace = ?1 AND name = ?2 AND version = ?3)sql"};

constexpr Query kSelectTags{R"sql(
SELECT namespace, name, version, hash, created_at, updated_at FROM tags
WHERE namespace = ?1 AND name = ?2 ORDER BY version)sql"};

constexpr Query kSelectAllTags{R"sql(
SELECT namespace, name, version, hash, created_at, updated_at FROM tags
ORDER BY namespace, name, version)sql"};

constexpr Query kSelectTable{R"sql(
SELECT t.table_name, t.active_revision_id, r.path, r.writer, s.status, v.version
FROM physical_tables t
LEFT JOIN physical_table_revisions r ON r.id = t.active_revision_id
LEFT JOIN jobs_status s ON s.job_id = r.writer
LEFT JOIN tidemark_table_versions v ON v.location_id = r.id
WHERE t.dataset_namespace = ?1 AND t.dataset_name = ?2 AND t.manifest_hash = ?3
  AND t.table_name = ?4)sql"};

constexpr Query kSelectTables{R"sql(
SELECT t.table_name, t.active_revision_id, r.path, r.writer, s.status, v.version
FROM physical_tables t
LEFT JOIN physical_table_revisions r ON r.id = t.active_revision_id
LEFT JOIN jobs_status s ON s.job_id = r.writer
LEFT JOIN tidemark_table_versions v ON v.location_id = r.id
WHERE t.dataset_namespace = ?1 AND t.dataset_name = ?2 AND t.manifest_hash = ?3
ORDER BY t.table_name)sql"};

constexpr Query kSelectFiles{R"sql(
SELECT id, file_name, metadata, object_size, object_e_tag, object_version, url
FROM file_metadata WHERE location_id = ?1 ORDER BY id)sql"};

Result<TagRow> ReadTag(const Statement& row) {
  TIDEMARK_TRY(const UtcTime created_at, row.Time(4));
  TIDEMARK_TRY(const UtcTime updated_at, row.Time(5));
  return TagRow{.dataset = {.ns = row.Text(0), .name = row.Text(1)},
                .version = row.Text(2),
                .hash = {row.Text(3)},
                .created_at = created_at,
                .updated_at = updated_at};
}

// Rows of kSelectTable and kSelectTables.
auto ReadTableOf(const DatasetVersion& version) {
  return [&version](const Statement& row) -> Result<TableRow> {
    TableRow table{.version = version, .table_name = row.Text(0), .path = row.OptionalText(2)};
    if (const auto active = row.OptionalInt64(1)) table.active_revision = LocationId{*active};
    if (const auto writer = row.OptionalInt64(3)) table.writer = JobId{*writer};
    if (const auto status = row.OptionalText(4)) table.writer_status = ParseJobStatus(*status);
    table.revision_version = static_cast<std::uint64_t>(row.Int64(5));
    return table;
  };
}

}  // namespace

Result<std::optional<ManifestRow>> SelectManifest(Connection& connection,
                                                  const ManifestHash& hash) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectManifest, hash.hex));
  return CollectRow(std::move(statement), [](const Statement& row) -> Result<ManifestRow> {
    return ManifestRow{.hash = {row.Text(0)}, .path = row.Text(1), .kind = row.Text(2)};
  });
}

Result<bool> SelectIsLinked(Connection& connection, const DatasetVersion& version) {
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectLink, version.dataset.ns, version.dataset.name,
                                version.manifest_hash.hex));
  return statement.Step();
}

Result<std::optional<TagRow>> SelectTag(Connection& connection, const DatasetName& dataset,
                                        std::string_view tag) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectTag, dataset.ns, dataset.name, tag));
  return CollectRow(std::move(statement), ReadTag);
}

Result<std::vector<TagRow>> SelectTags(Connection& connection, const DatasetName& dataset) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectTags, dataset.ns, dataset.name));
  return CollectRows(std::move(statement), ReadTag);
}

Result<std::vector<TagRow>> SelectAllTags(Connection& connection) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectAllTags));
  return CollectRows(std::move(statement), ReadTag);
}

Result<std::vector<TableRow>> SelectTables(Connection& connection, const DatasetVersion& version) {
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectTables, version.dataset.ns, version.dataset.name,
                                version.manifest_hash.hex));
  return CollectRows(std::move(statement), ReadTableOf(version));
}

Result<std::optional<TableRow>> SelectTable(Connection& connection, const DatasetVersion& version,
                                            std::string_view table_name) {
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectTable, version.dataset.ns, version.dataset.name,
                                version.manifest_hash.hex, table_name));
  return CollectRow(std::move(statement), ReadTableOf(version));
}

Result<std::vector<FileRow>> SelectFiles(Connection& connection, LocationId location) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectFiles, location.value));
  return CollectRows(std::move(statement), [&](const Statement& row) -> Result<FileRow> {
    return FileRow{.id = {row.Int64(0)},
                   .location_id = location,
                   .file_name = row.Text(1),
                   .metadata = row.Text(2),
                   .object_size = row.OptionalInt64(3),
                   .object_e_tag = row.OptionalText(4),
                   .object_version = row.OptionalText(5),
                   .url = row.Text(6)};
  });
}

}  // namespace tidemark::metadata_db_sqlite
