#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

constexpr Query kInsertManifest{R"sql(
INSERT INTO manifest_files (hash, path, kind, created_at)
VALUES ($1, $2, $3, coalesce($4, statement_timestamp()))
ON CONFLICT (hash) DO NOTHING)sql"};

constexpr Query kInsertLink{R"sql(
INSERT INTO dataset_manifests (namespace, name, hash, created_at)
VALUES ($1, $2, $3, coalesce($4, statement_timestamp()))
ON CONFLICT (namespace, name, hash) DO NOTHING)sql"};

// Two that tag versions of one dataset at once must agree on which one is the latest, and a version
// that is not there yet has no row to lock.
constexpr Query kLockDataset{R"sql(
SELECT pg_advisory_xact_lock(hashtextextended('tidemark.tags ' || $1 || '/' || $2, 0)))sql"};

constexpr Query kPutTag{R"sql(
INSERT INTO tags (namespace, name, version, hash, created_at, updated_at)
VALUES ($1, $2, $3, $4, coalesce($5, statement_timestamp()), coalesce($5, statement_timestamp()))
ON CONFLICT (namespace, name, version)
DO UPDATE SET hash = excluded.hash, updated_at = excluded.updated_at)sql"};

Status PutTag(const Write& write, const DatasetVersion& version, std::string_view tag) {
  TIDEMARK_TRY(write.connection.Run(kPutTag, version.dataset.ns, version.dataset.name, tag,
                                    version.manifest_hash.hex, write.now));
  return {};
}

}  // namespace

Status RegisterManifest(const Write& write, const metadata_db::ManifestRow& manifest) {
  TIDEMARK_TRY(write.connection.Run(kInsertManifest, manifest.hash.hex, manifest.path,
                                    manifest.kind, write.now));
  return {};
}

Status LinkManifest(const Write& write, const DatasetVersion& version) {
  TIDEMARK_TRY(const auto manifest, SelectManifest(write.connection, version.manifest_hash));
  if (!manifest) return metadata_db::NoSuchManifest(version.manifest_hash);
  TIDEMARK_TRY(write.connection.Run(kInsertLink, version.dataset.ns, version.dataset.name,
                                    version.manifest_hash.hex, write.now));
  return PutTag(write, version, "dev");
}

Status SetVersionTag(const Write& write, const DatasetVersion& version,
                     const SemanticVersion& tag) {
  TIDEMARK_TRY(write.connection.Run(kLockDataset, version.dataset.ns, version.dataset.name));
  TIDEMARK_TRY(const bool is_linked, SelectIsLinked(write.connection, version));
  if (!is_linked) return metadata_db::NotLinked(version);
  TIDEMARK_TRY(const auto tags, SelectTags(write.connection, version.dataset));
  if (metadata_db::BecomesLatest(tag, tags)) TIDEMARK_TRY(PutTag(write, version, "latest"));
  return PutTag(write, version, tag.text());
}

}  // namespace tidemark::metadata_db_postgres
