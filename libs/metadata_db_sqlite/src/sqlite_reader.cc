#include "sqlite_reader.h"

#include <utility>

#include "select_rows.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::FileRow;
using metadata_db::JobEventRow;
using metadata_db::JobFilter;
using metadata_db::JobRow;
using metadata_db::ManifestRow;
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

  Result<std::vector<TableRow>> ListTables(const DatasetVersion& version) override {
    return SelectTables(snapshot_.connection(), version);
  }
  Result<std::optional<TableRow>> GetTable(const DatasetVersion& version,
                                           std::string_view table_name) override {
    return SelectTable(snapshot_.connection(), version, table_name);
  }
  Result<std::vector<FileRow>> ListFiles(LocationId location) override {
    return SelectFiles(snapshot_.connection(), location);
  }

  Result<std::optional<JobRow>> GetJob(JobId id) override {
    return SelectJob(snapshot_.connection(), id);
  }
  Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) override {
    return SelectJobs(snapshot_.connection(), filter);
  }
  Result<std::vector<JobEventRow>> ListJobEvents(JobId id) override {
    return SelectJobEvents(snapshot_.connection(), id);
  }

  Result<std::vector<WorkerRow>> ListWorkers() override {
    return SelectWorkers(snapshot_.connection());
  }

 private:
  Transaction snapshot_;
};

}  // namespace

std::unique_ptr<metadata_db::MetadataReader> MakeSqliteReader(Transaction snapshot) {
  return std::make_unique<SqliteReader>(std::move(snapshot));
}

}  // namespace tidemark::metadata_db_sqlite
