#include "tidemark/data_store/revisions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "prune.h"
#include "restore.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/revision_metadata.h"
#include "tidemark/object_store/object_path.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::data_store {
namespace {

using metadata_db::FileRow;
using metadata_db::RevisionRow;

Revision ToRevision(RevisionRow row) {
  return {.id = row.id,
          .path = std::move(row.path),
          .is_active = row.is_active,
          .writer = row.writer,
          .metadata = std::move(row.metadata)};
}

StoredFile ToStoredFile(FileRow row) {
  return {.id = row.id,
          .location_id = row.location_id,
          .file_name = std::move(row.file_name),
          .url = std::move(row.url),
          .object_size = row.object_size,
          .object_e_tag = std::move(row.object_e_tag),
          .object_version = std::move(row.object_version),
          .metadata = std::move(row.metadata)};
}

class StoredRevisions final : public Revisions {
 public:
  StoredRevisions(metadata_db::MetadataStore& store, object_store::ObjectStore& data)
      : store_(store), data_(data) {}

  Result<std::optional<Revision>> Get(LocationId id, Deadline deadline) override;
  Result<std::vector<Revision>> List(const RevisionQuery& query, Deadline deadline) override;
  Result<std::optional<StoredFile>> GetFile(FileId id, Deadline deadline) override;
  Result<LocationId> Register(const DatasetVersion& version, std::string_view table_name,
                              std::string_view path, Deadline deadline) override;
  Status Activate(const DatasetVersion& version, std::string_view table_name, LocationId revision,
                  Deadline deadline) override;
  Status Deactivate(const DatasetVersion& version, std::string_view table_name,
                    Deadline deadline) override;
  Result<RestoredFiles> RestoreFiles(LocationId revision, Deadline deadline) override;
  Result<RestoredTable> RestoreTable(const DatasetVersion& version, std::string_view table_name,
                                     std::optional<LocationId> revision,
                                     Deadline deadline) override;
  Result<std::uint64_t> Prune(LocationId revision, const PruneQuery& query,
                              Deadline deadline) override {
    return PruneRevision(store_, revision, query, deadline);
  }

 private:
  Status CheckMayWrite() const;
  Result<RevisionRow> ReadRevision(LocationId id, Deadline deadline);

  metadata_db::MetadataStore& store_;
  object_store::ObjectStore& data_;
};

Result<std::optional<Revision>> StoredRevisions::Get(LocationId id, Deadline deadline) {
  TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
  TIDEMARK_TRY(auto row, reader->GetRevision(id));
  if (!row) return std::nullopt;
  return ToRevision(*std::move(row));
}

Result<std::vector<Revision>> StoredRevisions::List(const RevisionQuery& query, Deadline deadline) {
  TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
  TIDEMARK_TRY(auto rows,
               reader->ListRevisions({.is_active = query.is_active, .limit = query.limit}));
  std::vector<Revision> revisions;
  revisions.reserve(rows.size());
  for (RevisionRow& row : rows) revisions.push_back(ToRevision(std::move(row)));
  return revisions;
}

Result<std::optional<StoredFile>> StoredRevisions::GetFile(FileId id, Deadline deadline) {
  TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
  TIDEMARK_TRY(auto row, reader->GetFile(id));
  if (!row) return std::nullopt;
  return ToStoredFile(*std::move(row));
}

Result<LocationId> StoredRevisions::Register(const DatasetVersion& version,
                                             std::string_view table_name, std::string_view path,
                                             Deadline deadline) {
  TIDEMARK_TRY(object_store::CheckObjectPath(path));
  return store_.RegisterRevision(
      {.version = version, .table_name = std::string(table_name), .path = std::string(path)},
      deadline);
}

Status StoredRevisions::Activate(const DatasetVersion& version, std::string_view table_name,
                                 LocationId revision, Deadline deadline) {
  return store_.ActivateRevision(version, table_name, revision, deadline);
}

Status StoredRevisions::Deactivate(const DatasetVersion& version, std::string_view table_name,
                                   Deadline deadline) {
  return store_.DeactivateTable(version, table_name, deadline);
}

Status StoredRevisions::CheckMayWrite() const {
  if (!store_.is_read_only()) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "the database is only read here, so nothing can be restored into it");
}

Result<RevisionRow> StoredRevisions::ReadRevision(LocationId id, Deadline deadline) {
  TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
  TIDEMARK_TRY(auto row, reader->GetRevision(id));
  if (!row) return MakeError(ErrorCode::kNotFound, fmt::format("no revision {}", id.value));
  return *std::move(row);
}

Result<RestoredFiles> StoredRevisions::RestoreFiles(LocationId revision, Deadline deadline) {
  // Before any footer is read.
  TIDEMARK_TRY(CheckMayWrite());
  TIDEMARK_TRY(RevisionRow row, ReadRevision(revision, deadline));
  auto table_name = ReadRevisionTableName(row.metadata);
  return RestoreRevision(
      store_, data_,
      {.location = revision, .path = std::move(row.path), .table_name = std::move(table_name)},
      deadline);
}

Result<RestoredTable> StoredRevisions::RestoreTable(const DatasetVersion& version,
                                                    std::string_view table_name,
                                                    std::optional<LocationId> revision,
                                                    Deadline deadline) {
  TIDEMARK_TRY(CheckMayWrite());
  RestoreTarget target{.location = {}, .path = {}, .table_name = std::string(table_name)};
  RestoredFiles passed_over;
  if (revision) {
    TIDEMARK_TRY(RevisionRow row, ReadRevision(*revision, deadline));
    target.location = row.id;
    target.path = std::move(row.path);
  } else {
    const TablePlace table{.path = fmt::format("{}/{}", ToString(version.dataset), table_name),
                           .table_name = std::string(table_name)};
    TIDEMARK_TRY(target.path, FindNewestRevision(data_, table, passed_over, deadline));
    TIDEMARK_TRY(target.location, Register(version, table_name, target.path, deadline));
  }
  TIDEMARK_TRY(RestoredFiles files, RestoreRevision(store_, data_, target, deadline));
  // Only now: until all its files are there, the answers of the present one are the better ones.
  TIDEMARK_TRY(Activate(version, table_name, target.location, deadline));
  files.unreadable_count += passed_over.unreadable_count;
  std::ranges::move(passed_over.unreadable, std::back_inserter(files.unreadable));
  return RestoredTable{.location_id = target.location,
                       .url = data_.UrlOf(target.path) + "/",
                       .files = std::move(files)};
}

}  // namespace

std::unique_ptr<Revisions> MakeRevisions(metadata_db::MetadataStore& store,
                                         object_store::ObjectStore& data) {
  return std::make_unique<StoredRevisions>(store, data);
}

}  // namespace tidemark::data_store
