#include "sqlite_reader.h"

#include <utility>

#include "select_rows.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::ChainHeadRow;
using metadata_db::Collectable;
using metadata_db::CondemnedObject;
using metadata_db::FeedPosition;
using metadata_db::FeedReading;
using metadata_db::FileRow;
using metadata_db::FileVisitor;
using metadata_db::FooterRow;
using metadata_db::JobEventRow;
using metadata_db::JobFilter;
using metadata_db::JobRow;
using metadata_db::ManifestRow;
using metadata_db::ManifestUseRow;
using metadata_db::RevisionFilter;
using metadata_db::RevisionRow;
using metadata_db::TableRow;
using metadata_db::TagRow;
using metadata_db::WorkerRow;

class SqliteReader final : public metadata_db::MetadataReader {
 public:
  explicit SqliteReader(Transaction snapshot) : snapshot_(std::move(snapshot)) {}

  Result<std::optional<ManifestRow>> GetManifest(const ManifestHash& hash) override {
    return SelectManifest(snapshot_.connection(), hash);
  }
  Result<bool> IsManifestLinked(const DatasetVersion& version) override {
    return SelectIsLinked(snapshot_.connection(), version);
  }
  Result<std::optional<TagRow>> GetTag(const DatasetName& dataset, std::string_view tag) override {
    return SelectTag(snapshot_.connection(), dataset, tag);
  }
  Result<std::vector<TagRow>> ListTags(const DatasetName& dataset) override {
    return SelectTags(snapshot_.connection(), dataset);
  }
  Result<std::vector<TagRow>> ListAllTags() override {
    return SelectAllTags(snapshot_.connection());
  }

  Result<std::vector<ManifestUseRow>> ListManifests() override {
    return SelectManifests(snapshot_.connection());
  }
  Result<std::vector<TagRow>> ListTagsOfManifest(const ManifestHash& hash) override {
    return SelectTagsOfManifest(snapshot_.connection(), hash);
  }

  Result<std::vector<TableRow>> ListTables(const DatasetVersion& version) override {
    return SelectTables(snapshot_.connection(), version);
  }
  Result<std::optional<TableRow>> GetTable(const DatasetVersion& version,
                                           std::string_view table_name) override {
    return SelectTable(snapshot_.connection(), version, table_name);
  }
  Result<std::vector<TableRow>> ListTablesWrittenBy(JobId writer) override {
    return SelectTablesWrittenBy(snapshot_.connection(), writer);
  }
  Result<std::optional<RevisionRow>> GetRevision(LocationId id) override {
    return SelectRevision(snapshot_.connection(), id);
  }
  Result<std::vector<RevisionRow>> ListRevisions(const RevisionFilter& filter) override {
    return SelectRevisions(snapshot_.connection(), filter);
  }
  Result<std::vector<FileRow>> ListFiles(LocationId location) override {
    return SelectFiles(snapshot_.connection(), location);
  }
  Status VisitFilesAfter(LocationId location, FileId after, const FileVisitor& visit) override {
    return VisitFiles(snapshot_.connection(), location, after, visit);
  }
  Result<std::optional<FileRow>> GetFile(FileId id) override {
    return SelectFile(snapshot_.connection(), id);
  }
  Result<std::vector<FooterRow>> ListFooters(LocationId location, std::span<const FileId> files,
                                             std::uint64_t limit_bytes) override {
    return SelectFooters(snapshot_.connection(), location, files, limit_bytes);
  }

  Result<std::optional<JobRow>> GetJob(JobId id) override {
    return SelectJob(snapshot_.connection(), id);
  }
  Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) override {
    return SelectJobs(snapshot_.connection(), filter);
  }
  Result<std::vector<JobRow>> ListJobsOfVersion(const DatasetVersion& version) override {
    return SelectJobsOfVersion(snapshot_.connection(), version);
  }
  Result<std::vector<JobEventRow>> ListJobEvents(JobId id) override {
    return SelectJobEvents(snapshot_.connection(), id);
  }
  Result<std::optional<JobEventRow>> GetJobEvent(JobId id, std::int64_t event_id) override {
    return SelectJobEvent(snapshot_.connection(), id, event_id);
  }

  Result<std::vector<WorkerRow>> ListWorkers() override {
    return SelectWorkers(snapshot_.connection());
  }
  Result<std::optional<WorkerRow>> GetWorker(std::string_view node_id) override {
    return SelectWorker(snapshot_.connection(), node_id);
  }

  Result<std::vector<ChainHeadRow>> ListChainHeads() override {
    return SelectChainHeads(snapshot_.connection());
  }

  Result<std::vector<LocationId>> ListLocationsToCollect() override {
    return SelectLocationsToCollect(snapshot_.connection());
  }
  Result<std::optional<Collectable>> GetCollectable(LocationId location) override {
    return SelectCollectable(snapshot_.connection(), location);
  }
  Result<std::vector<CondemnedObject>> ListCondemnedObjects(std::size_t limit) override {
    return SelectCondemnedObjects(snapshot_.connection(), limit);
  }

  Result<std::optional<FeedReading>> ReadFeed(const std::optional<FeedPosition>& since) override {
    return metadata_db_sqlite::ReadFeed(snapshot_.connection(), since);
  }

 private:
  Transaction snapshot_;
};

}  // namespace

std::unique_ptr<metadata_db::MetadataReader> MakeSqliteReader(Transaction snapshot) {
  return std::make_unique<SqliteReader>(std::move(snapshot));
}

}  // namespace tidemark::metadata_db_sqlite
