#include "postgres_reader.h"

#include <optional>
#include <utility>
#include <vector>

#include "find_attached_feed.h"
#include "select_rows.h"
#include "transaction.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::ChainHeadRow;
using metadata_db::Collectable;
using metadata_db::CondemnedObject;
using metadata_db::FeedPosition;
using metadata_db::FeedReading;
using metadata_db::FileRow;
using metadata_db::FileView;
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

class PostgresReader final : public metadata_db::MetadataReader {
 public:
  PostgresReader(std::shared_ptr<ConnectionPool> pool, Ownership ownership, Deadline deadline,
                 Transaction snapshot)
      : pool_(std::move(pool)),
        ownership_(ownership),
        deadline_(deadline),
        snapshot_(std::move(snapshot)) {}

  Result<std::optional<ManifestRow>> GetManifest(const ManifestHash& hash) override {
    return Read([&](Connection& connection) { return SelectManifest(connection, hash); });
  }
  Result<bool> IsManifestLinked(const DatasetVersion& version) override {
    return Read([&](Connection& connection) { return SelectIsLinked(connection, version); });
  }
  Result<std::optional<TagRow>> GetTag(const DatasetName& dataset, std::string_view tag) override {
    return Read([&](Connection& connection) { return SelectTag(connection, dataset, tag); });
  }
  Result<std::vector<TagRow>> ListTags(const DatasetName& dataset) override {
    return Read([&](Connection& connection) { return SelectTags(connection, dataset); });
  }
  Result<std::vector<TagRow>> ListAllTags() override { return Read(SelectAllTags); }

  Result<std::vector<ManifestUseRow>> ListManifests() override { return Read(SelectManifests); }
  Result<std::vector<TagRow>> ListTagsOfManifest(const ManifestHash& hash) override {
    return Read([&](Connection& connection) { return SelectTagsOfManifest(connection, hash); });
  }

  Result<std::vector<TableRow>> ListTables(const DatasetVersion& version) override {
    return Read([&](Connection& connection) -> Result<std::vector<TableRow>> {
      TIDEMARK_TRY(const VersionSource versions, FindVersions(connection));
      return SelectTables(connection, versions, version);
    });
  }
  Result<std::optional<TableRow>> GetTable(const DatasetVersion& version,
                                           std::string_view table_name) override {
    return Read([&](Connection& connection) -> Result<std::optional<TableRow>> {
      TIDEMARK_TRY(const VersionSource versions, FindVersions(connection));
      return SelectTable(connection, versions, version, table_name);
    });
  }
  Result<std::vector<TableRow>> ListTablesWrittenBy(JobId writer) override {
    return Read([&](Connection& connection) -> Result<std::vector<TableRow>> {
      TIDEMARK_TRY(const VersionSource versions, FindVersions(connection));
      return SelectTablesWrittenBy(connection, versions, writer);
    });
  }
  Result<std::optional<RevisionRow>> GetRevision(LocationId id) override {
    return Read([&](Connection& connection) { return SelectRevision(connection, id); });
  }
  Result<std::vector<RevisionRow>> ListRevisions(const RevisionFilter& filter) override {
    return Read([&](Connection& connection) { return SelectRevisions(connection, filter); });
  }
  Result<std::vector<FileRow>> ListFiles(LocationId location) override {
    return Read([&](Connection& connection) { return SelectFiles(connection, location); });
  }
  Status VisitFilesAfter(LocationId location, FileId after, const FileVisitor& visit) override {
    const FileVisitor see = [&](const FileView& file) {
      has_seen_ = true;
      visit(file);
    };
    return Read(
        [&](Connection& connection) { return VisitFiles(connection, location, after, see); });
  }
  Result<std::optional<FileRow>> GetFile(FileId id) override {
    return Read([&](Connection& connection) { return SelectFile(connection, id); });
  }
  Result<std::vector<FooterRow>> ListFooters(LocationId location, std::span<const FileId> files,
                                             std::uint64_t limit_bytes) override {
    return Read([&](Connection& connection) {
      return SelectFooters(connection, location, files, limit_bytes);
    });
  }

  Result<std::optional<JobRow>> GetJob(JobId id) override {
    return Read([&](Connection& connection) { return SelectJob(connection, id); });
  }
  Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) override {
    return Read([&](Connection& connection) { return SelectJobs(connection, filter); });
  }
  Result<std::vector<JobRow>> ListJobsOfVersion(const DatasetVersion& version) override {
    return Read([&](Connection& connection) { return SelectJobsOfVersion(connection, version); });
  }
  Result<std::vector<JobEventRow>> ListJobEvents(JobId id) override {
    return Read([&](Connection& connection) { return SelectJobEvents(connection, id); });
  }
  Result<std::optional<JobEventRow>> GetJobEvent(JobId id, std::int64_t event_id) override {
    return Read([&](Connection& connection) { return SelectJobEvent(connection, id, event_id); });
  }

  Result<std::vector<WorkerRow>> ListWorkers() override { return Read(SelectWorkers); }
  Result<std::optional<WorkerRow>> GetWorker(std::string_view node_id) override {
    return Read([&](Connection& connection) { return SelectWorker(connection, node_id); });
  }

  Result<std::vector<ChainHeadRow>> ListChainHeads() override {
    return Read([&](Connection& connection) { return SelectChainHeads(connection, ownership_); });
  }

  Result<std::vector<LocationId>> ListLocationsToCollect() override {
    return Read(
        [&](Connection& connection) { return SelectLocationsToCollect(connection, ownership_); });
  }
  Result<std::optional<Collectable>> GetCollectable(LocationId location) override {
    return Read([&](Connection& connection) {
      return SelectCollectable(connection, ownership_, location);
    });
  }
  Result<std::vector<CondemnedObject>> ListCondemnedObjects(std::size_t limit) override {
    return Read([&](Connection& connection) {
      return SelectCondemnedObjects(connection, ownership_, limit);
    });
  }

  Result<std::optional<FeedReading>> ReadFeed(const std::optional<FeedPosition>& since) override {
    return Read([&](Connection& connection) -> Result<std::optional<FeedReading>> {
      TIDEMARK_TRY(const VersionSource versions, FindVersions(connection));
      if (versions == VersionSource::kNowhere) return std::nullopt;
      return metadata_db_postgres::ReadFeed(connection, since);
    });
  }

 private:
  // Amp's database may get a feed, or lose it, at any time; not within a snapshot.
  Result<VersionSource> FindVersions(Connection& connection) {
    if (ownership_ == Ownership::kOurs) return VersionSource::kOurTable;
    if (!has_attached_feed_) {
      TIDEMARK_TRY(has_attached_feed_, HasAttachedFeed(connection));
    }
    return *has_attached_feed_ ? VersionSource::kAttachedFeed : VersionSource::kNowhere;
  }

  // Before anything has been seen, a later snapshot is as good as the first: a session that was
  // lost is replaced, once.
  template <class Select>
  std::invoke_result_t<Select, Connection&> Read(const Select& select) {
    if (!snapshot_) return MakeError(ErrorCode::kUnavailable, "the database session has ended");
    auto rows = select(snapshot_->connection());
    const bool may_start_again =
        !rows && !has_seen_ && snapshot_->connection().is_broken() && !deadline_.HasPassed();
    has_seen_ = true;
    if (!may_start_again) return rows;
    // Its place in the pool is the one that the next takes.
    snapshot_.reset();
    has_attached_feed_.reset();
    TIDEMARK_TRY(snapshot_, Transaction::Begin(pool_, Transaction::Kind::kRead, deadline_));
    return select(snapshot_->connection());
  }

  const std::shared_ptr<ConnectionPool> pool_;
  const Ownership ownership_;
  const Deadline deadline_;
  std::optional<Transaction> snapshot_;
  bool has_seen_ = false;
  std::optional<bool> has_attached_feed_;  // Absent: nobody has asked.
};

}  // namespace

Result<std::unique_ptr<metadata_db::MetadataReader>> OpenPostgresReader(
    std::shared_ptr<ConnectionPool> pool, Ownership ownership, Transaction::Start start,
    Deadline deadline) {
  TIDEMARK_TRY(Transaction snapshot,
               Transaction::Begin(pool, Transaction::Kind::kRead, deadline, start));
  return std::make_unique<PostgresReader>(std::move(pool), ownership, deadline,
                                          std::move(snapshot));
}

}  // namespace tidemark::metadata_db_postgres
