// Results and rows in a form that tests compare and print.
#pragma once

#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db {

inline Deadline Soon() { return Deadline::After(std::chrono::seconds(30)); }

/// The value, or a failure of the test that says why there is none.
template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// "ok", or the error's code in lower case.
template <class T>
std::string CodeOf(const Result<T>& result) {
  return result ? "ok" : std::string(ToString(result.error().code));
}

inline std::string Show(const std::optional<std::string>& text) { return text.value_or("null"); }

inline std::string Show(const TagRow& row) {
  return fmt::format("tag {} {} -> {} created {} updated {}\n", ToString(row.dataset), row.version,
                     row.hash.hex, FormatRfc3339(row.created_at), FormatRfc3339(row.updated_at));
}

inline std::string Show(const TableRow& row) {
  return fmt::format("table {}@{}/{} revision {} path {} writer {} status {} version {}\n",
                     ToString(row.version.dataset), row.version.manifest_hash.hex, row.table_name,
                     row.active_revision.value_or(LocationId{}).value, Show(row.path),
                     row.writer.value_or(JobId{}).value,
                     row.writer_status ? ToString(*row.writer_status) : "null",
                     row.revision_version);
}

inline std::string Show(const FileRow& row) {
  return fmt::format("file {} at {} name {} metadata {} size {} tag {} object version {} url {}\n",
                     row.id.value, row.location_id.value, row.file_name, row.metadata,
                     row.object_size ? std::to_string(*row.object_size) : "null",
                     Show(row.object_e_tag), Show(row.object_version), row.url);
}

inline std::string Show(const JobRow& row) {
  return fmt::format("job {} on {} is {} created {} updated {} descriptor {} attempts {}\n",
                     row.id.value, row.node_id, ToString(row.status), FormatRfc3339(row.created_at),
                     FormatRfc3339(row.updated_at), Show(row.descriptor), row.attempts);
}

inline std::string Show(const JobEventRow& row) {
  return fmt::format("event {} of {} at {} on {}: {} {}\n", row.id, row.job_id.value,
                     FormatRfc3339(row.created_at), row.node_id, row.event_type, Show(row.detail));
}

inline std::string Show(const WorkerRow& row) {
  return fmt::format("worker {} heartbeat {} created {} registered {} info {}\n", row.node_id,
                     FormatRfc3339(row.heartbeat_at), FormatRfc3339(row.created_at),
                     FormatRfc3339(row.registered_at), row.info);
}

/// Everything that can be reached without a name: tags, jobs, workers, and the manifests, tables
/// and files of the versions that tags and jobs name. Stores with the same dump answer alike.
inline std::string DumpEverything(MetadataReader& reader) {
  std::string dump;
  std::set<DatasetVersion> versions;
  for (const TagRow& tag : Must(reader.ListAllTags())) {
    dump += Show(tag);
    versions.insert({.dataset = tag.dataset, .manifest_hash = tag.hash});
  }
  for (const JobRow& job : Must(reader.ListJobs({}))) {
    dump += Show(job);
    if (job.descriptor) versions.insert(Must(ParseJobDescriptor(*job.descriptor)).version);
    for (const JobEventRow& event : Must(reader.ListJobEvents(job.id))) dump += Show(event);
  }
  for (const WorkerRow& worker : Must(reader.ListWorkers())) dump += Show(worker);
  for (const DatasetVersion& version : versions) {
    const auto manifest = Must(reader.GetManifest(version.manifest_hash));
    dump += fmt::format("manifest {} path {} kind {} linked {}\n", version.manifest_hash.hex,
                        manifest ? manifest->path : "null", manifest ? manifest->kind : "null",
                        Must(reader.IsManifestLinked(version)));
    for (const TableRow& table : Must(reader.ListTables(version))) {
      dump += Show(table);
      if (!table.active_revision) continue;
      for (const FileRow& file : Must(reader.ListFiles(*table.active_revision))) dump += Show(file);
    }
  }
  return dump;
}

}  // namespace tidemark::metadata_db
