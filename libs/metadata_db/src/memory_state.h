// Everything the in-memory store holds, as one value: the tables, with what their columns say, and
// the rows of the interface that they make. Foreign keys may lead nowhere.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "memory_feed.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/metadata_db/stored_values.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {

/// A version name within its dataset; ordered as ListAllTags yields them.
struct TagKey {
  DatasetName dataset;
  std::string version;
  friend auto operator<=>(const TagKey&, const TagKey&) = default;
};

struct TableKey {
  DatasetVersion version;
  std::string table_name;
  friend auto operator<=>(const TableKey&, const TableKey&) = default;
};

struct HeadKey {
  std::string network;
  HeadTag tag = HeadTag::kLatest;
  friend auto operator<=>(const HeadKey&, const HeadKey&) = default;
};

// Rows without their keys. Times and hashes are texts, for they may be anything.

struct StoredManifest {
  std::string path;
  std::string kind;
};

struct StoredTag {
  std::string hash;
  std::string created_at;
  std::string updated_at;
};

struct StoredRevision {
  std::string path;
  std::optional<JobId> writer;
  std::string metadata;
  std::uint64_t version = 0;
  std::int64_t removed_reorgs = 0;
};

struct ObjectKey {
  LocationId location;
  std::string file_name;
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

struct StoredCondemned {
  std::string path;
  std::optional<UtcTime> deleted_at;
};

struct StoredSchedule {
  LocationId location;
  UtcTime expiration;
};

struct StoredFile : FileRow {
  std::optional<std::string> footer;  // Bytes.
};

struct StoredJob {
  std::string created_at;
  std::string idempotency_key;
};

struct StoredStatus {
  std::string node_id;
  std::string status;
  std::string updated_at;
};

struct StoredEvent {
  std::int64_t id = 0;
  std::string created_at;
  std::string node_id;
  std::string event_type;
  std::optional<std::string> detail;
};

struct StoredWorker {
  std::string heartbeat_at;
  std::string created_at;
  std::string registered_at;
  std::string info;
};

struct MemoryState {
  std::map<std::string, StoredManifest, std::less<>> manifests;  // By hash.
  std::set<DatasetVersion> links;
  std::map<TagKey, StoredTag> tags;
  std::map<TableKey, std::optional<LocationId>> tables;  // And their active revisions.
  std::map<LocationId, StoredRevision> revisions;
  // By file id. Files are shared between states, because a state is copied for each write.
  std::map<LocationId, std::vector<std::shared_ptr<const StoredFile>>> files;
  std::map<FileId, StoredSchedule> schedule;  // Of files to be collected.
  std::map<ObjectKey, StoredCondemned> condemned;
  std::map<JobId, StoredJob> jobs;
  std::map<JobId, StoredStatus> statuses;
  std::map<JobId, std::vector<StoredEvent>> events;  // By event id.
  std::map<std::string, StoredWorker, std::less<>> workers;
  std::map<HeadKey, ChainHeadRow> heads;
  std::map<std::string, HeadLease, std::less<>> leases;  // By network.
  MemoryFeed feed;
  // Numbers are not used twice, not even those of rows that are gone.
  std::int64_t last_location_id = 0;
  std::int64_t last_job_id = 0;
  std::int64_t last_file_id = 0;
  std::int64_t last_event_id = 0;

  // Rows as the interface yields them. Errors: kCorruption.
  static Result<ManifestRow> MakeManifestRow(const std::string& hash, const StoredManifest& stored);
  static Result<TagRow> MakeTagRow(const TagKey& key, const StoredTag& stored);
  std::vector<TagRow> TagsOf(const DatasetName& dataset) const;
  TableRow MakeTableRow(const TableKey& key, std::optional<LocationId> active) const;
  RevisionRow MakeRevisionRow(LocationId id, const StoredRevision& stored) const;
  /// nullopt if there is no such job, or it has no state.
  Result<std::optional<JobRow>> FindJob(JobId id) const;
  static Result<JobEventRow> MakeEventRow(JobId job, const StoredEvent& stored);
  static Result<WorkerRow> MakeWorkerRow(const std::string& node_id, const StoredWorker& stored);

  /// nullptr if the location has no such file.
  std::shared_ptr<const FileRow> FindFile(LocationId location, FileId id) const;

  /// Counts a change of the revision, if it is there.
  void BumpVersion(std::optional<LocationId> revision);
  void BumpVersionsWrittenBy(JobId writer);
};

/// Adds the row to a list, which goes without it if it cannot be read.
template <class Row>
void AddIfReadable(Result<Row> row, std::vector<Row>& rows) {
  if (row) {
    rows.push_back(*std::move(row));
  } else {
    ReportRowLeftOut(row.error());
  }
}

/// Reads `state`, which nobody changes any more, as it is at `now`.
std::unique_ptr<MetadataReader> MakeMemoryReader(std::shared_ptr<const MemoryState> state,
                                                 UtcTime now, Deadline deadline);

/// Errors: kInvalidArgument, see MakeMemoryStore. `now` is the default of times.
Result<MemoryState> LoadMemoryRows(const MemoryRows& rows, UtcTime now);

}  // namespace tidemark::metadata_db
