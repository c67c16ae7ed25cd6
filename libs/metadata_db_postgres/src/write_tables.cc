#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collect_rows.h"
#include "put_rows.h"
#include "select_rows.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::JobClaim;
using metadata_db::NewFile;
using metadata_db::TableRow;
using metadata_db::TableToWrite;

constexpr Query kSetWriter{R"sql(
UPDATE physical_table_revisions
SET writer = $2, updated_at = coalesce($3, statement_timestamp()) AT TIME ZONE 'UTC'
WHERE id = $1)sql"};

// The database compares the metadata, for jsonb keeps neither the order of keys nor blanks.
constexpr Query kSelectFile{R"sql(
SELECT id, metadata = $3::jsonb, metadata::text, object_size
FROM file_metadata WHERE location_id = $1 AND file_name = $2)sql"};

Result<std::optional<TableRow>> FindTable(const Write& write, const DatasetVersion& version,
                                          std::string_view table_name) {
  return SelectTable(write.connection, VersionSource::kOurTable, version, table_name);
}

// Each table once, in the order in which they are locked, whoever lists them in which.
std::vector<TableToWrite> InLockOrder(std::vector<TableToWrite> tables) {
  std::ranges::stable_sort(tables, {}, &TableToWrite::table_name);
  const auto repeated = std::ranges::unique(tables, {}, &TableToWrite::table_name);
  tables.erase(repeated.begin(), repeated.end());
  return tables;
}

Result<std::vector<TableRow>> FindTables(const Write& write, const DatasetVersion& version,
                                         const std::vector<TableToWrite>& tables) {
  std::vector<TableRow> rows;
  rows.reserve(tables.size());
  for (const TableToWrite& table : tables) {
    TIDEMARK_TRY(auto row, FindTable(write, version, table.table_name));
    if (!row) {
      return MakeError(ErrorCode::kInternal, "a table that was just registered is not there");
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

// Names of tables, by the revision that becomes their active one.
using Activations = std::multimap<LocationId, std::string_view>;

// A revision for each table that has no active one. They are added in the order of their paths, for
// who adds a path waits for whoever is adding it.
Result<Activations> RegisterMissing(const Write& write, const DatasetVersion& version,
                                    const std::vector<TableToWrite>& tables) {
  std::multimap<std::string_view, std::string_view> names_by_path;
  for (const TableToWrite& table : tables) {
    TIDEMARK_TRY(const auto row, FindTable(write, version, table.table_name));
    if (row && !row->active_revision) names_by_path.emplace(table.path_if_new, table.table_name);
  }
  Activations activations;
  for (const auto& [path, name] : names_by_path) {
    TIDEMARK_TRY(const LocationId location,
                 RegisterRevision(write, {.version = version,
                                          .table_name = std::string(name),
                                          .path = std::string(path)}));
    activations.emplace(location, name);
  }
  return activations;
}

// Registers the tables, gives each an active revision, and locks both.
Status MakeReady(const Write& write, const DatasetVersion& version,
                 const std::vector<TableToWrite>& tables) {
  // Locks the table's row, so that nobody else activates a revision meanwhile.
  for (const TableToWrite& table : tables) {
    TIDEMARK_TRY(PutTable(write, version, table.table_name));
  }
  TIDEMARK_TRY(const Activations activations, RegisterMissing(write, version, tables));
  std::vector<LocationId> revisions;
  for (const auto& [location, name] : activations) revisions.push_back(location);
  for (const TableToWrite& table : tables) {
    TIDEMARK_TRY(const auto row, FindTable(write, version, table.table_name));
    if (row && row->active_revision) revisions.push_back(*row->active_revision);
  }
  TIDEMARK_TRY(LockRevisions(write, revisions));
  for (const auto& [location, name] : activations) {
    TIDEMARK_TRY(SetActive(write, version, name, location));
  }
  return {};
}

// A file's place: no two of a location have one name.
using FileKey = std::pair<LocationId, std::string_view>;
FileKey KeyOf(const NewFile& file) { return {file.location_id, file.file_name}; }

// What is stored under the name of a file.
struct StoredFile {
  FileId id;
  std::string metadata;
  std::optional<std::int64_t> size;
};

Result<std::map<FileKey, StoredFile>> FindFiles(const Write& write,
                                                const std::vector<NewFile>& files) {
  std::vector<Statement> statements;
  statements.reserve(files.size());
  for (const NewFile& file : files) {
    statements.emplace_back(kSelectFile, file.location_id.value, file.file_name,
                            Json{file.metadata});
  }
  TIDEMARK_TRY(const auto results, write.connection.RunAll(statements));
  std::map<FileKey, StoredFile> stored;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (results[i].empty()) continue;
    const Row row = results[i][0];
    const bool says_the_same = row.Int64(1) != 0;
    stored.emplace(KeyOf(files[i]),
                   StoredFile{.id = {row.Int64(0)},
                              .metadata = says_the_same ? files[i].metadata : row.Text(2),
                              .size = row.OptionalInt64(3)});
  }
  return stored;
}

Result<std::map<LocationId, std::optional<JobId>>> LockWriters(const Write& write,
                                                               const std::vector<NewFile>& files) {
  std::vector<LocationId> ids;
  ids.reserve(files.size());
  for (const NewFile& file : files) ids.push_back(file.location_id);
  TIDEMARK_TRY(const auto revisions, LockRevisions(write, ids));
  std::map<LocationId, std::optional<JobId>> writers;
  for (const LockedRevision& revision : revisions) writers.emplace(revision.id, revision.writer);
  return writers;
}

}  // namespace

Result<std::vector<TableRow>> AcquireTables(const Write& write, const DatasetVersion& version,
                                            const JobClaim& writer,
                                            const std::vector<TableToWrite>& tables) {
  TIDEMARK_TRY(const auto job, LockJob(write, writer.job));
  if (!job) return metadata_db::NoSuchJob(writer.job);
  TIDEMARK_TRY(metadata_db::CheckClaim(writer, *job));
  TIDEMARK_TRY(MakeReady(write, version, InLockOrder(tables)));
  // Whoever had a revision locked may have become its writer.
  TIDEMARK_TRY(const auto rows, FindTables(write, version, tables));
  std::set<LocationId> to_take;
  for (const TableRow& row : rows) {
    if (!row.active_revision || !row.path) {
      return MakeError(ErrorCode::kInternal, "a table that was made ready has no revision");
    }
    TIDEMARK_TRY(metadata_db::CheckAcquire(writer.job, *row.path,
                                           {.id = row.writer, .status = row.writer_status}));
    if (row.writer != writer.job) to_take.insert(*row.active_revision);
  }
  for (const LocationId revision : to_take) {
    TIDEMARK_TRY(write.connection.Run(kSetWriter, revision.value, writer.job.value, write.now));
  }
  return FindTables(write, version, tables);
}

Result<std::vector<FileId>> CommitFiles(const Write& write, const JobClaim& writer,
                                        const std::vector<NewFile>& files) {
  TIDEMARK_TRY(const auto job, LockJob(write, writer.job));
  if (!job) return metadata_db::NoSuchJob(writer.job);
  TIDEMARK_TRY(metadata_db::CheckMayCommit(writer, *job));
  TIDEMARK_TRY(const auto writers, LockWriters(write, files));
  TIDEMARK_TRY(const auto stored, FindFiles(write, files));

  std::vector<const NewFile*> missing;
  std::map<FileKey, std::size_t> place;  // In `missing`.
  for (const NewFile& file : files) {
    const auto location = writers.find(file.location_id);
    if (location == writers.end()) return metadata_db::NoSuchLocation(file.location_id);
    TIDEMARK_TRY(metadata_db::CheckIsWriter(writer.job, file.location_id, location->second));
    if (const auto found = stored.find(KeyOf(file)); found != stored.end()) {
      TIDEMARK_TRY(metadata_db::CheckSameFile(file, found->second.metadata, found->second.size));
    } else if (const auto [entry, is_new] = place.emplace(KeyOf(file), missing.size()); is_new) {
      missing.push_back(&file);
    } else {
      const NewFile& other = *missing[entry->second];
      TIDEMARK_TRY(metadata_db::CheckSameFile(file, other.metadata,
                                              static_cast<std::int64_t>(other.object_size)));
    }
  }
  TIDEMARK_TRY(const auto added, InsertFiles(write, missing));
  TIDEMARK_FAILPOINT("commit.rows_inserted");
  std::vector<FileId> ids;
  ids.reserve(files.size());
  for (const NewFile& file : files) {
    const auto found = stored.find(KeyOf(file));
    const auto id = found != stored.end() ? found->second.id : added[place.at(KeyOf(file))];
    // The revision is locked, so nobody has added it in the meantime.
    if (!id) return metadata_db::IsCondemned(file.location_id, file.file_name);
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace tidemark::metadata_db_postgres
