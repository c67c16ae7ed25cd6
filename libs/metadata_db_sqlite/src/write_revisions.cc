#include "put_rows.h"
#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::NewFile;

constexpr Query kPutTable{R"sql(
INSERT INTO physical_tables
  (dataset_namespace, dataset_name, manifest_hash, table_name, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?5)
ON CONFLICT (dataset_namespace, dataset_name, manifest_hash, table_name)
DO UPDATE SET updated_at = excluded.updated_at)sql"};

constexpr Query kActivate{R"sql(
UPDATE physical_tables SET active_revision_id = ?5, updated_at = ?6
WHERE dataset_namespace = ?1 AND dataset_name = ?2 AND manifest_hash = ?3
  AND table_name = ?4)sql"};

constexpr Query kSelectPath{"SELECT id FROM physical_table_revisions WHERE path = ?1"};

constexpr Query kSelectId{"SELECT 1 FROM physical_table_revisions WHERE id = ?1"};

constexpr Query kInsertRevision{R"sql(
INSERT INTO physical_table_revisions (path, metadata, created_at, updated_at)
VALUES (?1, ?2, ?3, ?3))sql"};

constexpr Query kSelectName{
    "SELECT 1 FROM file_metadata WHERE location_id = ?1 AND file_name = ?2"};

constexpr Query kInsertFile{R"sql(
INSERT INTO file_metadata (location_id, file_name, metadata, object_size, object_e_tag, url)
VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql"};

constexpr Query kInsertFooter{"INSERT INTO footer_cache (file_id, footer) VALUES (?1, ?2)"};

Status CheckIsThere(const Write& write, LocationId revision) {
  TIDEMARK_TRY(Statement statement, write.connection.Start(kSelectId, revision.value));
  TIDEMARK_TRY(const bool is_there, statement.Step());
  if (!is_there) return metadata_db::NoSuchLocation(revision);
  return {};
}

Result<bool> HasFile(const Write& write, LocationId location, std::string_view name) {
  TIDEMARK_TRY(Statement statement, write.connection.Start(kSelectName, location.value, name));
  return statement.Step();
}

}  // namespace

Status PutTable(const Write& write, const DatasetVersion& version, std::string_view table_name) {
  return write.connection.Run(kPutTable, version.dataset.ns, version.dataset.name,
                              version.manifest_hash.hex, table_name, write.now);
}

Status SetActive(const Write& write, const DatasetVersion& version, std::string_view table_name,
                 std::optional<LocationId> revision) {
  std::optional<std::int64_t> id;
  if (revision) id = revision->value;
  return write.connection.Run(kActivate, version.dataset.ns, version.dataset.name,
                              version.manifest_hash.hex, table_name, id, write.now);
}

Result<FileId> InsertFile(const Write& write, LocationId location, const NewFile& file) {
  Connection& connection = write.connection;
  TIDEMARK_TRY(connection.Run(kInsertFile, location.value, file.file_name, file.metadata,
                              static_cast<std::int64_t>(file.object_size), file.object_e_tag,
                              file.url));
  const FileId id{connection.last_insert_id()};
  TIDEMARK_TRY(connection.Run(kInsertFooter, id.value, Blob{file.footer}));
  return id;
}

Result<LocationId> RegisterRevision(const Write& write,
                                    const metadata_db::TableLocation& location) {
  {
    TIDEMARK_TRY(Statement statement, write.connection.Start(kSelectPath, location.path));
    TIDEMARK_TRY(const bool is_there, statement.Step());
    if (is_there) return LocationId{statement.Int64(0)};
  }
  TIDEMARK_TRY(write.connection.Run(
      kInsertRevision, location.path,
      metadata_db::RevisionMetadata(location.version, location.table_name), write.now));
  return LocationId{write.connection.last_insert_id()};
}

Result<std::uint64_t> RestoreFiles(const Write& write, LocationId location,
                                   const std::vector<NewFile>& files) {
  TIDEMARK_TRY(CheckIsThere(write, location));
  std::uint64_t added = 0;
  for (const NewFile& file : files) {
    TIDEMARK_TRY(const bool is_there, HasFile(write, location, file.file_name));
    if (is_there) continue;
    TIDEMARK_TRY(const bool is_condemned,
                 SelectIsCondemned(write.connection, location, file.file_name));
    if (is_condemned) continue;
    TIDEMARK_TRY(InsertFile(write, location, file));
    ++added;
  }
  return added;
}

Status ActivateRevision(const Write& write, const DatasetVersion& version,
                        std::string_view table_name, LocationId revision) {
  TIDEMARK_TRY(CheckIsThere(write, revision));
  TIDEMARK_TRY(PutTable(write, version, table_name));
  return SetActive(write, version, table_name, revision);
}

Status DeactivateTable(const Write& write, const DatasetVersion& version,
                       std::string_view table_name) {
  TIDEMARK_TRY(const auto table, SelectTable(write.connection, version, table_name));
  if (!table) return metadata_db::NoSuchTable(version, table_name);
  return SetActive(write, version, table_name, std::nullopt);
}

}  // namespace tidemark::metadata_db_sqlite
