// Rows as a database may hold them, for what no writer of ours would write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/model/names.h"

namespace tidemark::data_store {

/// Builds the rows of a database. Times are those that PostgreSQL prints.
class StoredRows {
 public:
  StoredRows& Worker(std::string_view node_id, std::string_view heartbeat_at) {
    return Add("workers",
               {{"node_id", std::string(node_id)}, {"heartbeat_at", std::string(heartbeat_at)}});
  }
  StoredRows& Job(std::int64_t id, std::string_view node_id) {
    return Add("jobs", {{"id", std::to_string(id)},
                        {"node_id", std::string(node_id)},
                        {"idempotency_key", "key-" + std::to_string(id)}});
  }
  StoredRows& Status(std::int64_t job, std::string_view node_id, std::string_view status,
                     std::string_view updated_at) {
    return Add("jobs_status", {{"job_id", std::to_string(job)},
                               {"node_id", std::string(node_id)},
                               {"status", std::string(status)},
                               {"updated_at", std::string(updated_at)}});
  }
  StoredRows& Event(std::int64_t job, std::string_view type, std::optional<std::string> detail) {
    return Add("job_events", {{"job_id", std::to_string(job)},
                              {"node_id", "node"},
                              {"event_type", std::string(type)},
                              {"detail", std::move(detail)}});
  }
  StoredRows& Revision(std::int64_t id, std::optional<std::int64_t> writer) {
    return Add("physical_table_revisions",
               {{"id", std::to_string(id)},
                {"path", "path/" + std::to_string(id)},
                {"writer", writer ? std::optional(std::to_string(*writer)) : std::nullopt}});
  }
  StoredRows& Table(const DatasetVersion& version, std::string_view table,
                    std::optional<std::int64_t> revision) {
    return Add("physical_tables",
               {{"dataset_namespace", version.dataset.ns},
                {"dataset_name", version.dataset.name},
                {"manifest_hash", version.manifest_hash.hex},
                {"table_name", std::string(table)},
                {"active_revision_id",
                 revision ? std::optional(std::to_string(*revision)) : std::nullopt}});
  }
  StoredRows& File(std::int64_t revision, std::string_view name, std::string metadata,
                   std::optional<std::string> size) {
    return Add("file_metadata", {{"location_id", std::to_string(revision)},
                                 {"file_name", std::string(name)},
                                 {"metadata", std::move(metadata)},
                                 {"object_size", std::move(size)},
                                 {"url", "no url"}});
  }

  const metadata_db::MemoryRows& rows() const { return rows_; }

 private:
  using Columns = decltype(metadata_db::MemoryRow::columns);

  StoredRows& Add(std::string table, Columns columns) {
    rows_.push_back({.table = std::move(table), .columns = std::move(columns)});
    return *this;
  }

  metadata_db::MemoryRows rows_;
};

}  // namespace tidemark::data_store
