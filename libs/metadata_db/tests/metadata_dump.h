// Results and rows in a form that tests compare and print.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tidemark/base/sha256.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/bytes.h"

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

/// JSON without blanks and by key, because a database may keep the value and not the text; what is
/// no JSON as it is.
inline std::string ShowJson(const std::string& text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  return value.is_discarded() ? text : value.dump();
}

inline std::string ShowJson(const std::optional<std::string>& text) {
  return text ? ShowJson(*text) : "null";
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
                     row.revision_version.value());
}

inline std::string Show(const RevisionRow& row) {
  return fmt::format("revision {} path {} active {} writer {} status {} metadata {}\n",
                     row.id.value, row.path, row.is_active, row.writer.value_or(JobId{}).value,
                     row.writer_status ? ToString(*row.writer_status) : "null",
                     ShowJson(row.metadata));
}

inline std::string Show(const ChainHeadRow& row) {
  const auto found = row.found
                         ? fmt::format("{} {} of {} at {}", row.found->head.number.value,
                                       ToHex(row.found->head.hash), row.found->head.timestamp_s,
                                       FormatRfc3339(row.found->observed_at))
                         : "nothing";
  return fmt::format("head {} {} by {} at {} error {} found {}\n", row.network, ToString(row.tag),
                     row.source, FormatRfc3339(row.checked_at), Show(row.error), found);
}

inline std::string Show(const FileRow& row) {
  return fmt::format("file {} at {} name {} metadata {} size {} tag {} object version {} url {}\n",
                     row.id.value, row.location_id.value, row.file_name, ShowJson(row.metadata),
                     row.object_size ? std::to_string(*row.object_size) : "null",
                     Show(row.object_e_tag), Show(row.object_version), row.url);
}

inline std::string Show(const FooterRow& row) {
  return fmt::format("footer of {} name {} size {} bytes {}\n", row.file_id.value, row.file_name,
                     row.size_bytes, Sha256Hex(row.footer.value_or("")));
}

inline std::string Show(const JobRow& row) {
  return fmt::format("job {} on {} is {} created {} updated {} descriptor {} attempts {}\n",
                     row.id.value, row.node_id, ToString(row.status), FormatRfc3339(row.created_at),
                     FormatRfc3339(row.updated_at), ShowJson(row.descriptor), row.attempts);
}

inline std::string Show(const JobEventRow& row) {
  return fmt::format("event {} of {} at {} on {}: {} {}\n", row.id, row.job_id.value,
                     FormatRfc3339(row.created_at), row.node_id, row.event_type,
                     ShowJson(row.detail));
}

inline std::string Show(const WorkerRow& row) {
  return fmt::format("worker {} heartbeat {} created {} registered {} info {}\n", row.node_id,
                     FormatRfc3339(row.heartbeat_at), FormatRfc3339(row.created_at),
                     FormatRfc3339(row.registered_at), ShowJson(row.info));
}

/// Everything that can be reached without a name: tags, manifests, jobs, workers, revisions, files,
/// footers, heads, and the tables of the versions that tags, jobs and revisions name. Stores with
/// the same dump answer alike.
inline std::string DumpEverything(MetadataReader& reader) {
  std::string dump;
  std::set<DatasetVersion> versions;
  for (const ManifestUseRow& row : Must(reader.ListManifests())) {
    dump += fmt::format("manifest {} path {} kind {} used by {}\n", row.manifest.hash.hex,
                        row.manifest.path, row.manifest.kind, row.dataset_count);
  }
  for (const TagRow& tag : Must(reader.ListAllTags())) {
    dump += Show(tag);
    versions.insert({.dataset = tag.dataset, .manifest_hash = tag.hash});
  }
  for (const JobRow& job : Must(reader.ListJobs({}))) {
    dump += Show(job);
    if (const auto descriptor = ParseJobDescriptor(job.descriptor.value_or(""))) {
      versions.insert(descriptor->version);
    }
    for (const JobEventRow& event : Must(reader.ListJobEvents(job.id))) dump += Show(event);
  }
  for (const WorkerRow& worker : Must(reader.ListWorkers())) dump += Show(worker);
  for (const ChainHeadRow& head : Must(reader.ListChainHeads())) dump += Show(head);
  for (const RevisionRow& revision : Must(reader.ListRevisions({}))) {
    dump += Show(revision);
    std::vector<FileId> files;
    for (const FileRow& file : Must(reader.ListFiles(revision.id))) {
      dump += Show(file);
      files.push_back(file.id);
    }
    constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
    for (const FooterRow& footer : Must(reader.ListFooters(revision.id, files, kNoLimit))) {
      dump += Show(footer);
    }
    const auto of = nlohmann::json::parse(revision.metadata, nullptr, false);
    const auto text = [&](const char* key) {
      const bool is_text = of.is_object() && of.contains(key) && of[key].is_string();
      return is_text ? of[key].get<std::string>() : std::string();
    };
    versions.insert({.dataset = {.ns = text("dataset_namespace"), .name = text("dataset_name")},
                     .manifest_hash = {text("manifest_hash")}});
  }
  for (const DatasetVersion& version : versions) {
    dump += fmt::format("{} is of {}: {}\n", version.manifest_hash.hex, ToString(version.dataset),
                        Must(reader.IsManifestLinked(version)));
    for (const TableRow& table : Must(reader.ListTables(version))) dump += Show(table);
    for (const JobRow& job : Must(reader.ListJobsOfVersion(version))) {
      dump += fmt::format("job {} was for {}\n", job.id.value, ToString(version.dataset));
    }
  }
  return dump;
}

}  // namespace tidemark::metadata_db
