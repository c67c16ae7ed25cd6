// Rows as INSERT statements give them, put into the in-memory store's tables.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "memory_state.h"
#include "tidemark/base/text.h"

namespace tidemark::metadata_db {
namespace {

// Reads the columns of one row.
class RowReader {
 public:
  RowReader(const MemoryRow& row, std::string_view now) : row_(row), now_(now) {}

  std::optional<std::string> OptionalText(std::string_view column) const {
    const auto found = row_.columns.find(column);
    return found == row_.columns.end() ? std::nullopt : found->second;
  }

  Result<std::string> Text(std::string_view column) const {
    auto text = OptionalText(column);
    if (text) return *std::move(text);
    return Refuse(column, "must not be null");
  }

  // A null that is written out is none the less refused.
  Result<std::string> TextOr(std::string_view column, std::string_view by_default) const {
    if (!row_.columns.contains(column)) return std::string(by_default);
    return Text(column);
  }
  Result<std::string> TimeOrNow(std::string_view column) const { return TextOr(column, now_); }

  Result<std::optional<std::int64_t>> OptionalInteger(std::string_view column) const {
    const auto text = OptionalText(column);
    if (!text) return std::nullopt;
    const auto value = ParseDecimal<std::int64_t>(*text);
    if (!value) return Refuse(column, fmt::format("is no bigint: \"{}\"", *text));
    return *value;
  }

  // The next free number, unless the row has one.
  Result<std::int64_t> Key(std::string_view column, std::int64_t& last) const {
    TIDEMARK_TRY(auto id, OptionalInteger(column));
    if (!id && row_.columns.contains(column)) return Refuse(column, "must not be null");
    if (!id && last == std::numeric_limits<std::int64_t>::max()) {
      return Refuse(column, "has no free number");
    }
    if (!id) id = last + 1;
    last = std::max(last, *id);
    return *id;
  }

  Result<std::int64_t> Integer(std::string_view column) const {
    TIDEMARK_TRY(const auto value, OptionalInteger(column));
    if (value) return *value;
    return Refuse(column, "must not be null");
  }

  std::unexpected<Error> Refuse(std::string_view column, std::string_view why) const {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("column {} of a row of {} {}", column, row_.table, why));
  }

 private:
  const MemoryRow& row_;
  std::string_view now_;
};

// The state as it grows, and the keys that its own order does not find.
struct Loading {
  MemoryState state;
  std::set<std::int64_t> event_ids;
  std::set<FileId> file_ids;
  std::set<std::pair<LocationId, std::string>> file_names;
  std::map<FileId, std::string> footers;  // Bytes.
};

Status AddWorker(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  TIDEMARK_TRY(auto node_id, row.Text("node_id"));
  StoredWorker worker;
  TIDEMARK_TRY(worker.heartbeat_at, row.Text("heartbeat_at"));
  TIDEMARK_TRY(worker.created_at, row.TimeOrNow("created_at"));
  TIDEMARK_TRY(worker.registered_at, row.TimeOrNow("registered_at"));
  TIDEMARK_TRY(worker.info, row.TextOr("info", "{}"));
  if (!state.workers.try_emplace(std::move(node_id), std::move(worker)).second) {
    return row.Refuse("node_id", "is taken");
  }
  return {};
}

Status AddJob(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  TIDEMARK_TRY(const auto id, row.Key("id", state.last_job_id));
  StoredJob job;
  TIDEMARK_TRY(job.created_at, row.TimeOrNow("created_at"));
  TIDEMARK_TRY(job.idempotency_key, row.Text("idempotency_key"));
  const bool is_taken = std::ranges::any_of(state.jobs, [&](const auto& entry) {
    return entry.second.idempotency_key == job.idempotency_key;
  });
  if (is_taken) return row.Refuse("idempotency_key", "is taken");
  if (!state.jobs.try_emplace({id}, std::move(job)).second) return row.Refuse("id", "is taken");
  return {};
}

Status AddStatus(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  TIDEMARK_TRY(const auto job, row.Integer("job_id"));
  StoredStatus status;
  TIDEMARK_TRY(status.node_id, row.Text("node_id"));
  TIDEMARK_TRY(status.status, row.Text("status"));
  TIDEMARK_TRY(status.updated_at, row.TimeOrNow("updated_at"));
  if (!state.statuses.try_emplace({job}, std::move(status)).second) {
    return row.Refuse("job_id", "is taken");
  }
  state.BumpVersionsWrittenBy({job});
  return {};
}

Status AddEvent(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  StoredEvent event;
  TIDEMARK_TRY(event.id, row.Key("id", state.last_event_id));
  TIDEMARK_TRY(const auto job, row.Integer("job_id"));
  TIDEMARK_TRY(event.created_at, row.TimeOrNow("created_at"));
  TIDEMARK_TRY(event.node_id, row.Text("node_id"));
  TIDEMARK_TRY(event.event_type, row.Text("event_type"));
  event.detail = row.OptionalText("detail");
  if (!loading.event_ids.insert(event.id).second) return row.Refuse("id", "is taken");
  auto& events = state.events[{job}];
  events.insert(std::ranges::upper_bound(events, event.id, {}, &StoredEvent::id), event);
  return {};
}

Status AddManifest(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  TIDEMARK_TRY(auto hash, row.Text("hash"));
  StoredManifest manifest;
  TIDEMARK_TRY(manifest.path, row.Text("path"));
  TIDEMARK_TRY(manifest.kind, row.TextOr("kind", "unknown"));
  if (!state.manifests.try_emplace(std::move(hash), std::move(manifest)).second) {
    return row.Refuse("hash", "is taken");
  }
  return {};
}

Status AddLink(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  DatasetVersion version;
  TIDEMARK_TRY(version.dataset.ns, row.Text("namespace"));
  TIDEMARK_TRY(version.dataset.name, row.Text("name"));
  TIDEMARK_TRY(version.manifest_hash.hex, row.Text("hash"));
  if (!state.links.insert(std::move(version)).second) return row.Refuse("hash", "is taken");
  return {};
}

Status AddTag(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  TagKey key;
  TIDEMARK_TRY(key.dataset.ns, row.Text("namespace"));
  TIDEMARK_TRY(key.dataset.name, row.Text("name"));
  TIDEMARK_TRY(key.version, row.Text("version"));
  StoredTag tag;
  TIDEMARK_TRY(tag.hash, row.Text("hash"));
  TIDEMARK_TRY(tag.created_at, row.TimeOrNow("created_at"));
  TIDEMARK_TRY(tag.updated_at, row.TimeOrNow("updated_at"));
  if (!state.tags.try_emplace(std::move(key), std::move(tag)).second) {
    return row.Refuse("version", "is taken");
  }
  return {};
}

Status AddRevision(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  TIDEMARK_TRY(const auto id, row.Key("id", state.last_location_id));
  StoredRevision revision;
  TIDEMARK_TRY(revision.path, row.Text("path"));
  TIDEMARK_TRY(revision.metadata, row.TextOr("metadata", "{}"));
  TIDEMARK_TRY(const auto writer, row.OptionalInteger("writer"));
  if (writer) revision.writer = JobId{*writer};
  const bool is_taken = std::ranges::any_of(
      state.revisions, [&](const auto& entry) { return entry.second.path == revision.path; });
  if (is_taken) return row.Refuse("path", "is taken");
  if (!state.revisions.try_emplace({id}, std::move(revision)).second) {
    return row.Refuse("id", "is taken");
  }
  return {};
}

Status AddTable(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  TableKey key;
  TIDEMARK_TRY(key.version.dataset.ns, row.Text("dataset_namespace"));
  TIDEMARK_TRY(key.version.dataset.name, row.Text("dataset_name"));
  TIDEMARK_TRY(key.version.manifest_hash.hex, row.Text("manifest_hash"));
  TIDEMARK_TRY(key.table_name, row.Text("table_name"));
  TIDEMARK_TRY(const auto active, row.OptionalInteger("active_revision_id"));
  const auto [entry, is_new] = state.tables.try_emplace(std::move(key));
  if (!is_new) return row.Refuse("table_name", "is taken");
  if (active) entry->second = LocationId{*active};
  state.BumpVersion(entry->second);
  return {};
}

Status AddFile(const RowReader& row, Loading& loading) {
  MemoryState& state = loading.state;
  StoredFile file;
  TIDEMARK_TRY(file.id.value, row.Key("id", state.last_file_id));
  TIDEMARK_TRY(file.location_id.value, row.Integer("location_id"));
  TIDEMARK_TRY(file.file_name, row.Text("file_name"));
  TIDEMARK_TRY(file.metadata, row.Text("metadata"));
  TIDEMARK_TRY(file.object_size, row.OptionalInteger("object_size"));
  file.object_e_tag = row.OptionalText("object_e_tag");
  file.object_version = row.OptionalText("object_version");
  TIDEMARK_TRY(file.url, row.Text("url"));
  if (!loading.file_ids.insert(file.id).second) return row.Refuse("id", "is taken");
  if (!loading.file_names.emplace(file.location_id, file.file_name).second) {
    return row.Refuse("file_name", "is taken");
  }
  auto& files = state.files[file.location_id];
  const LocationId location = file.location_id;
  const auto place =
      std::ranges::upper_bound(files, file.id, {}, [](const auto& present) { return present->id; });
  files.insert(place, std::make_shared<const StoredFile>(std::move(file)));
  state.BumpVersion(location);
  return {};
}

Status AddFooter(const RowReader& row, Loading& loading) {
  FileId id;
  TIDEMARK_TRY(id.value, row.Integer("file_id"));
  TIDEMARK_TRY(const std::string text, row.Text("footer"));
  const std::string_view hex = std::string_view(text).substr(std::min<std::size_t>(2, text.size()));
  std::vector<std::uint8_t> bytes(hex.size() / 2);
  if (!text.starts_with("\\x") || !ParseHex(hex, bytes)) return row.Refuse("footer", "is no bytea");
  if (!loading.footers.try_emplace(id, bytes.begin(), bytes.end()).second) {
    return row.Refuse("file_id", "is taken");
  }
  return {};
}

/// Gives files their footers, whichever row came first.
void JoinFooters(Loading& loading) {
  for (auto& files : std::views::values(loading.state.files)) {
    for (auto& file : files) {
      const auto footer = loading.footers.find(file->id);
      if (footer == loading.footers.end()) continue;
      StoredFile joined = *file;
      joined.footer = std::move(footer->second);
      file = std::make_shared<const StoredFile>(std::move(joined));
    }
  }
}

// Of a table that the interface does not read.
Status Drop(const RowReader& /*row*/, Loading& /*loading*/) { return {}; }

struct TableLoader {
  std::vector<std::string_view> columns;
  Status (*add)(const RowReader& row, Loading& loading);
};

const std::map<std::string_view, TableLoader>& Loaders() {
  static const std::map<std::string_view, TableLoader> loaders = {
      {"workers",
       {{"id", "node_id", "heartbeat_at", "info", "created_at", "registered_at"}, &AddWorker}},
      {"jobs",
       {{"id", "node_id", "descriptor", "status", "created_at", "updated_at", "idempotency_key"},
        &AddJob}},
      {"jobs_status", {{"job_id", "node_id", "status", "updated_at", "detail"}, &AddStatus}},
      {"job_events",
       {{"id", "created_at", "job_id", "node_id", "event_type", "detail"}, &AddEvent}},
      {"manifest_files", {{"hash", "path", "created_at", "kind"}, &AddManifest}},
      {"dataset_manifests", {{"namespace", "name", "hash", "created_at"}, &AddLink}},
      {"tags", {{"namespace", "name", "version", "hash", "created_at", "updated_at"}, &AddTag}},
      {"physical_table_revisions",
       {{"id", "created_at", "updated_at", "path", "writer", "metadata"}, &AddRevision}},
      {"physical_tables",
       {{"id", "created_at", "updated_at", "dataset_namespace", "dataset_name", "table_name",
         "manifest_hash", "active_revision_id"},
        &AddTable}},
      {"file_metadata",
       {{"id", "location_id", "file_name", "metadata", "object_size", "object_e_tag",
         "object_version", "url"},
        &AddFile}},
      {"footer_cache", {{"file_id", "footer"}, &AddFooter}},
      {"gc_manifest", {{"location_id", "file_id", "file_path", "expiration"}, &Drop}},
  };
  return loaders;
}

}  // namespace

Result<MemoryState> LoadMemoryRows(const MemoryRows& rows, UtcTime now) {
  Loading loading;
  const std::string now_text = FormatRfc3339(now);
  for (const MemoryRow& row : rows) {
    const auto loader = Loaders().find(row.table);
    if (loader == Loaders().end()) {
      return MakeError(ErrorCode::kInvalidArgument, fmt::format("there is no table {}", row.table));
    }
    const RowReader reader(row, now_text);
    const auto& [columns, add] = loader->second;
    for (const auto& [column, value] : row.columns) {
      if (std::ranges::find(columns, column) == columns.end()) {
        return reader.Refuse(column, "is unknown");
      }
    }
    TIDEMARK_TRY(add(reader, loading));
  }
  JoinFooters(loading);
  return std::move(loading.state);
}

}  // namespace tidemark::metadata_db
