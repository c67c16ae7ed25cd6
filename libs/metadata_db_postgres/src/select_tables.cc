#include <algorithm>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "collect_rows.h"
#include "select_rows.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::FileRow;
using metadata_db::FooterRow;
using metadata_db::RevisionFilter;
using metadata_db::RevisionRow;
using metadata_db::TableRow;

// The queries of tables: of our own databases, and of Amp's, with version numbers and without.
class TableQueries {
 public:
  static const TableQueries& Of(VersionSource versions) {
    static const TableQueries ours(
        "coalesce(v.version, 0)", "coalesce(v.removed_reorgs, 0)",
        "LEFT JOIN tidemark.table_versions v ON v.location_id = t.active_revision_id");
    static const TableQueries amps_with_feed(
        "CASE WHEN r.id IS NULL THEN 0 ELSE tidemark.version_of(r.id) END", "0::bigint", "");
    static const TableQueries amps("NULL::bigint", "0::bigint", "");
    switch (versions) {
      case VersionSource::kOurTable:
        return ours;
      case VersionSource::kAttachedFeed:
        return amps_with_feed;
      case VersionSource::kNowhere:
        return amps;
    }
    return amps;
  }

  const Query& one() const { return one_; }
  const Query& of_version() const { return of_version_; }
  const Query& of_writer() const { return of_writer_; }

 private:
  TableQueries(std::string_view version, std::string_view removed_reorgs, std::string_view join)
      : select_(fmt::format(R"sql(
SELECT t.table_name, t.active_revision_id, r.path, r.writer, s.status, {},
  t.dataset_namespace, t.dataset_name, t.manifest_hash, {}
FROM physical_tables t
LEFT JOIN physical_table_revisions r ON r.id = t.active_revision_id
LEFT JOIN jobs_status s ON s.job_id = r.writer
{}
)sql",
                            version, removed_reorgs, join)),
        one_text_(select_ + R"sql(
WHERE t.dataset_namespace = $1 AND t.dataset_name = $2 AND t.manifest_hash = $3
  AND t.table_name = $4)sql"),
        of_version_text_(select_ + R"sql(
WHERE t.dataset_namespace = $1 AND t.dataset_name = $2 AND t.manifest_hash = $3
ORDER BY t.table_name COLLATE "C")sql"),
        of_writer_text_(select_ + R"sql(
WHERE r.writer = $1
ORDER BY t.table_name COLLATE "C", t.dataset_namespace COLLATE "C", t.dataset_name COLLATE "C",
  t.manifest_hash COLLATE "C")sql") {}

  const std::string select_;
  const std::string one_text_;
  const std::string of_version_text_;
  const std::string of_writer_text_;
  const Query one_{one_text_.c_str()};
  const Query of_version_{of_version_text_.c_str()};
  const Query of_writer_{of_writer_text_.c_str()};
};

constexpr Query kSelectRevision{R"sql(
SELECT r.id, r.path, EXISTS (SELECT 1 FROM physical_tables t WHERE t.active_revision_id = r.id),
  r.writer, s.status, r.metadata::text
FROM physical_table_revisions r LEFT JOIN jobs_status s ON s.job_id = r.writer
WHERE r.id = $1)sql"};

// $1: 1 for the active ones, 0 for the others, or null for both.
constexpr Query kSelectRevisions{R"sql(
SELECT r.id, r.path, EXISTS (SELECT 1 FROM physical_tables t WHERE t.active_revision_id = r.id),
  r.writer, s.status, r.metadata::text
FROM physical_table_revisions r LEFT JOIN jobs_status s ON s.job_id = r.writer
WHERE $1 IS NULL
   OR EXISTS (SELECT 1 FROM physical_tables t WHERE t.active_revision_id = r.id) = ($1 = 1)
ORDER BY r.id DESC LIMIT $2)sql"};

constexpr Query kSelectFiles{R"sql(
SELECT id, location_id, file_name, metadata::text, object_size, object_e_tag, object_version, url
FROM file_metadata WHERE location_id = $1 ORDER BY id)sql"};

// Those that have come since the last look are few.
constexpr std::int64_t kFewFiles = 1000;
constexpr Query kSelectFilesAfter{R"sql(
SELECT id, file_name, metadata::text, object_size FROM file_metadata
WHERE location_id = $1 AND id > $2 ORDER BY id LIMIT $3)sql"};

// COPY takes no parameters, and so is planned each time, but is quicker for many rows.
constexpr std::string_view kCopyFiles = R"sql(
COPY (SELECT id, file_name, metadata::text, object_size FROM file_metadata
      WHERE location_id = {} AND id > {} ORDER BY id) TO STDOUT (FORMAT binary))sql";

constexpr Query kSelectFile{R"sql(
SELECT id, location_id, file_name, metadata::text, object_size, object_e_tag, object_version, url
FROM file_metadata WHERE id = $1)sql"};

// $2: ids, with commas between them. The length of a value is known without its being read.
constexpr Query kSelectFooters{R"sql(
SELECT f.id, f.file_name, octet_length(c.footer)::bigint,
  CASE WHEN octet_length(c.footer) <= $3 THEN c.footer END
FROM file_metadata f JOIN footer_cache c ON c.file_id = f.id
WHERE f.location_id = $1 AND f.id = ANY (string_to_array($2, ',')::bigint[]) ORDER BY f.id)sql"};

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

std::int64_t SqlLimit(std::size_t limit) {
  constexpr std::size_t kMax = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(limit, kMax));
}

std::optional<JobStatus> ReadStatus(const Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return ParseJobStatus(row.View(column));
}

// The hash is not checked: progress must not depend on what a row looks like.
Result<TableRow> ReadTable(const Row& row) {
  TableRow table{.version = {.dataset = {.ns = row.Text(6), .name = row.Text(7)},
                             .manifest_hash = {row.Text(8)}},
                 .table_name = row.Text(0),
                 .path = row.OptionalText(2),
                 .writer_status = ReadStatus(row, 4),
                 .revision_version = std::nullopt,
                 .removed_reorgs = row.Int64(9)};
  if (const auto active = row.OptionalInt64(1)) table.active_revision = LocationId{*active};
  if (const auto writer = row.OptionalInt64(3)) table.writer = JobId{*writer};
  if (const auto version = row.OptionalInt64(5)) {
    table.revision_version = static_cast<std::uint64_t>(*version);
  }
  return table;
}

Result<RevisionRow> ReadRevision(const Row& row) {
  RevisionRow revision{.id = {row.Int64(0)},
                       .path = row.Text(1),
                       .is_active = row.Int64(2) != 0,
                       .writer_status = ReadStatus(row, 4),
                       .metadata = row.Text(5)};
  if (const auto writer = row.OptionalInt64(3)) revision.writer = JobId{*writer};
  return revision;
}

Result<FileRow> ReadFile(const Row& row) {
  return FileRow{.id = {row.Int64(0)},
                 .location_id = {row.Int64(1)},
                 .file_name = row.Text(2),
                 .metadata = row.Text(3),
                 .object_size = row.OptionalInt64(4),
                 .object_e_tag = row.OptionalText(5),
                 .object_version = row.OptionalText(6),
                 .url = row.Text(7)};
}

Result<FooterRow> ReadFooter(const Row& row) {
  return FooterRow{.file_id = {row.Int64(0)},
                   .file_name = row.Text(1),
                   .size_bytes = static_cast<std::uint64_t>(row.Int64(2)),
                   .footer = row.OptionalText(3)};
}

}  // namespace

Result<std::vector<TableRow>> SelectTables(Connection& connection, VersionSource versions,
                                           const DatasetVersion& version) {
  TIDEMARK_TRY(const Rows rows,
               connection.Run(TableQueries::Of(versions).of_version(), version.dataset.ns,
                              version.dataset.name, version.manifest_hash.hex));
  return CollectRows(rows, ReadTable);
}

Result<std::optional<TableRow>> SelectTable(Connection& connection, VersionSource versions,
                                            const DatasetVersion& version,
                                            std::string_view table_name) {
  TIDEMARK_TRY(const Rows rows,
               connection.Run(TableQueries::Of(versions).one(), version.dataset.ns,
                              version.dataset.name, version.manifest_hash.hex, table_name));
  return CollectRow(rows, ReadTable);
}

Result<std::vector<TableRow>> SelectTablesWrittenBy(Connection& connection, VersionSource versions,
                                                    JobId writer) {
  TIDEMARK_TRY(const Rows rows,
               connection.Run(TableQueries::Of(versions).of_writer(), writer.value));
  return CollectRows(rows, ReadTable);
}

Result<std::optional<RevisionRow>> SelectRevision(Connection& connection, LocationId id) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectRevision, id.value));
  return CollectRow(rows, ReadRevision);
}

Result<std::vector<RevisionRow>> SelectRevisions(Connection& connection,
                                                 const RevisionFilter& filter) {
  const std::int64_t limit = SqlLimit(filter.limit.value_or(kNoLimit));
  std::optional<std::int64_t> is_active;
  if (filter.is_active) is_active = *filter.is_active ? 1 : 0;
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectRevisions, is_active, limit));
  return CollectRows(rows, ReadRevision);
}

Result<std::vector<FileRow>> SelectFiles(Connection& connection, LocationId location) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectFiles, location.value));
  return CollectRows(rows, ReadFile);
}

Status VisitFiles(Connection& connection, LocationId location, FileId after,
                  const metadata_db::FileVisitor& visit) {
  if (after.value > std::numeric_limits<std::int64_t>::min()) {
    TIDEMARK_TRY(const Rows few,
                 connection.Run(kSelectFilesAfter, location.value, after.value, kFewFiles));
    for (std::size_t i = 0; i < few.size(); ++i) {
      const Row row = few[i];
      after = {row.Int64(0)};
      visit({.id = after,
             .file_name = row.View(1),
             .metadata = row.View(2),
             .object_size = row.OptionalInt64(3)});
    }
    if (few.size() < static_cast<std::size_t>(kFewFiles)) return {};
  }
  const std::string sql = fmt::format(kCopyFiles, location.value, after.value);
  return connection.CopyOut(sql, [&](const CopiedRow& row) {
    visit({.id = {row.Int64(0)},
           .file_name = row.View(1),
           .metadata = row.View(2),
           .object_size = row.OptionalInt64(3)});
  });
}

Result<std::optional<FileRow>> SelectFile(Connection& connection, FileId id) {
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectFile, id.value));
  return CollectRow(rows, ReadFile);
}

Result<std::vector<FooterRow>> SelectFooters(Connection& connection, LocationId location,
                                             std::span<const FileId> files,
                                             std::uint64_t limit_bytes) {
  std::string ids;
  for (const FileId id : files) ids += (ids.empty() ? "" : ",") + std::to_string(id.value);
  TIDEMARK_TRY(const Rows rows,
               connection.Run(kSelectFooters, location.value, ids, SqlLimit(limit_bytes)));
  return CollectRows(rows, ReadFooter);
}

}  // namespace tidemark::metadata_db_postgres
