// Everything the in-memory store holds, as one value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/metadata_db/metadata_store.h"

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

struct TableRevision {
  std::string path;
  std::optional<JobId> writer;
  std::uint64_t version = 0;
  // By file id. Shared between states, because a state is copied for each write.
  std::vector<std::shared_ptr<const FileRow>> files;
};

struct Job {
  JobRow row;
  DatasetVersion version;
  std::vector<JobEventRow> events;
};

/// Foreign keys hold: a location or job that another row names is there.
struct MemoryState {
  std::map<ManifestHash, ManifestRow> manifests;
  std::map<DatasetVersion, UtcTime> links;  // And since when.
  std::map<TagKey, TagRow> tags;
  std::map<TableKey, std::optional<LocationId>> tables;  // And their active revisions.
  std::map<LocationId, TableRevision> revisions;
  std::map<JobId, Job> jobs;
  std::map<std::string, WorkerRow, std::less<>> workers;
  std::int64_t last_file_id = 0;
  std::int64_t last_event_id = 0;

  TableRow MakeTableRow(const TableKey& key, std::optional<LocationId> active) const;
  std::vector<TagRow> TagsOf(const DatasetName& dataset) const;
};

/// Reads `state`, which nobody changes any more.
std::unique_ptr<MetadataReader> MakeMemoryReader(std::shared_ptr<const MemoryState> state,
                                                 Deadline deadline);

}  // namespace tidemark::metadata_db
