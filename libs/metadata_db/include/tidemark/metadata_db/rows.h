// What the metadata database holds, as values. Field by field Amp's schema (amp-facts 1); columns
// that nobody reads any more are left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/model/chain_head.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/job.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {

struct ManifestRow {
  ManifestHash hash;
  std::string path;  // Key in the manifest store.
  std::string kind;  // "evm-rpc" ...; "unknown" in old rows.
};

/// A manifest, and how many datasets it is linked to.
struct ManifestUseRow {
  ManifestRow manifest;
  std::uint64_t dataset_count = 0;
};

/// A version name of a dataset: a semantic version, "latest" or "dev".
struct TagRow {
  DatasetName dataset;
  std::string version;
  ManifestHash hash;
  UtcTime created_at;
  UtcTime updated_at;
};

/// A table of a dataset version, with its active revision where it has one.
struct TableRow {
  DatasetVersion version;
  std::string table_name;
  std::optional<LocationId> active_revision = std::nullopt;
  // Of the active revision, relative to the data folder.
  std::optional<std::string> path = std::nullopt;
  std::optional<JobId> writer = std::nullopt;  // Job that writes the active revision.
  // Absent if there is no writer or no status row for it.
  std::optional<JobStatus> writer_status = std::nullopt;
  /// Gapless sequence number of the active revision: rises by one with each change of a row that an
  /// answer about it depends on. 0 where there is no active revision.
  /// Absent where the database keeps none: it is somebody else's, and only read.
  std::optional<std::uint64_t> revision_version = 0;
  /// The reorganisations of the active revision that its files tell nothing of any more, because
  /// some were removed; negative where the others tell of more than there were.
  std::int64_t removed_reorgs = 0;
};

/// A storage place of a table.
struct RevisionRow {
  LocationId id;
  std::string path;        // Relative to the data folder.
  bool is_active = false;  // For any table.
  std::optional<JobId> writer = std::nullopt;
  // Absent if there is no writer or no status row for it.
  std::optional<JobStatus> writer_status = std::nullopt;
  std::string metadata;  // JSON, not checked: dataset and table that it was made for.
};

struct FileRow {
  FileId id;
  LocationId location_id;
  std::string file_name;
  std::string metadata;  // JSON as stored, not checked: see ParseSegmentMetadata.
  std::optional<std::int64_t> object_size = std::nullopt;
  std::optional<std::string> object_e_tag = std::nullopt;
  std::optional<std::string> object_version = std::nullopt;
  std::string url;  // Of the revision's folder.
};

/// What progress is computed from, of a file. Its texts are somebody else's.
struct FileView {
  FileId id;
  std::string_view file_name;
  std::string_view metadata;  // As in FileRow.
  std::optional<std::int64_t> object_size = std::nullopt;

  static FileView Of(const FileRow& row) {
    return {.id = row.id,
            .file_name = row.file_name,
            .metadata = row.metadata,
            .object_size = row.object_size};
  }
};

/// What the database keeps of a file's Parquet footer.
struct FooterRow {
  FileId file_id;
  std::string file_name;
  std::uint64_t size_bytes = 0;
  std::optional<std::string> footer = std::nullopt;  // Absent if it is longer than was asked for.
};

struct JobRow {
  JobId id;
  std::string node_id;
  JobStatus status = JobStatus::kUnknown;
  UtcTime created_at;
  UtcTime updated_at;
  // JSON of the newest SCHEDULED event that has one.
  std::optional<std::string> descriptor = std::nullopt;
  std::uint32_t attempts = 0;  // SCHEDULED events so far.
};

struct JobEventRow {
  std::int64_t id = 0;
  JobId job_id;
  UtcTime created_at;
  std::string node_id;
  std::string event_type;
  std::optional<std::string> detail = std::nullopt;  // JSON.
};

/// What the last looks at a network's head found.
struct ChainHeadRow {
  std::string network;
  HeadTag tag = HeadTag::kLatest;
  std::string source;  // Name of the provider that was asked last.
  UtcTime checked_at;  // The last look, whether it found a head or not.
  // Why the last look found none; absent if it found one.
  std::optional<std::string> error = std::nullopt;
  // The newest head that was found, kept while later looks fail; absent before the first.
  std::optional<ObservedHead> found = std::nullopt;
};

struct WorkerRow {
  std::string node_id;
  UtcTime heartbeat_at;
  UtcTime created_at;
  UtcTime registered_at;
  std::string info;  // JSON object.
};

}  // namespace tidemark::metadata_db
