#include "collect_rows.h"
#include "select_rows.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::ManifestRow;
using metadata_db::ManifestUseRow;
using metadata_db::TagRow;

constexpr Query kSelectManifest{"SELECT hash, path, kind FROM manifest_files WHERE hash = ?1"};

constexpr Query kSelectManifests{R"sql(
SELECT hash, path, kind, (SELECT count(*) FROM dataset_manifests d WHERE d.hash = m.hash)
FROM manifest_files m ORDER BY hash)sql"};

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

constexpr Query kSelectTagsOfManifest{R"sql(
SELECT namespace, name, version, hash, created_at, updated_at FROM tags
WHERE hash = ?1 ORDER BY namespace, name, version)sql"};

Result<ManifestRow> ReadManifest(const Statement& row) {
  TIDEMARK_TRY(ManifestHash hash, row.Hash(0));
  return ManifestRow{.hash = std::move(hash), .path = row.Text(1), .kind = row.Text(2)};
}

Result<TagRow> ReadTag(const Statement& row) {
  TIDEMARK_TRY(ManifestHash hash, row.Hash(3));
  TIDEMARK_TRY(const UtcTime created_at, row.Time(4));
  TIDEMARK_TRY(const UtcTime updated_at, row.Time(5));
  return TagRow{.dataset = {.ns = row.Text(0), .name = row.Text(1)},
                .version = row.Text(2),
                .hash = std::move(hash),
                .created_at = created_at,
                .updated_at = updated_at};
}

}  // namespace

Result<std::optional<ManifestRow>> SelectManifest(Connection& connection,
                                                  const ManifestHash& hash) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectManifest, hash.hex));
  return CollectRow(std::move(statement), ReadManifest);
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

Result<std::vector<ManifestUseRow>> SelectManifests(Connection& connection) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectManifests));
  return CollectRows(std::move(statement), [](const Statement& row) -> Result<ManifestUseRow> {
    TIDEMARK_TRY(ManifestRow manifest, ReadManifest(row));
    return ManifestUseRow{.manifest = std::move(manifest),
                          .dataset_count = static_cast<std::uint64_t>(row.Int64(3))};
  });
}

Result<std::vector<TagRow>> SelectTagsOfManifest(Connection& connection, const ManifestHash& hash) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectTagsOfManifest, hash.hex));
  return CollectRows(std::move(statement), ReadTag);
}

}  // namespace tidemark::metadata_db_sqlite
