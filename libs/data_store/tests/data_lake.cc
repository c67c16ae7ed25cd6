#include "data_lake.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "segment_notation.h"

namespace tidemark::data_store {

DatasetVersion MakeVersion(std::string_view name) {
  return {.dataset = {.ns = "eth", .name = std::string(name)},
          .manifest_hash = {.hex = std::string(64, '1')}};
}

JobDescriptor MakeDescriptor(const DatasetVersion& version) {
  return {.version = version, .end_block = {}, .max_writers = 1, .verify = false};
}

std::string MetadataOf(const Segment& segment, std::string_view file_name) {
  return PrintSegmentMetadata({.table = "blocks",
                               .filename = std::string(file_name),
                               .created_at = segment.created_at,
                               .ranges = segment.ranges});
}

DataLake::DataLake() {
  memory->RegisterWorker("node", "{}", Deadline::Never()).value();
  job = memory->ScheduleJob("node", MakeDescriptor(version), Deadline::Never()).value();
}

metadata_db::TableRow DataLake::Acquire(const std::string& table) {
  return memory
      ->AcquireTables(version, {job}, {{.table_name = table, .path_if_new = "eth/" + table}},
                      Deadline::Never())
      .value()
      .front();
}

metadata_db::NewFile DataLake::MakeFile(const std::string& table, const std::string& metadata,
                                        std::uint64_t size_bytes) {
  return {.location_id = Acquire(table).active_revision.value(),
          .file_name = fmt::format("{}.parquet", ++files_),
          .metadata = metadata,
          .object_size = size_bytes,
          .object_e_tag = std::nullopt,
          .url = "file:///eth/" + table,
          .footer = ""};
}

void DataLake::CommitRow(const std::string& table, const std::string& metadata,
                         std::uint64_t size_bytes) {
  memory->CommitFiles({job}, {MakeFile(table, metadata, size_bytes)}, Deadline::Never()).value();
}

void DataLake::Commit(const std::string& table, std::string_view segments) {
  for (const Segment& segment : chain::ReadSegments(segments)) {
    CommitRow(table, MetadataOf(segment, "x"), segment.size_bytes);
  }
}

void DataLake::Replace(const std::string& table, const std::vector<FileId>& parents,
                       std::string_view segment) {
  const Segment merged = chain::ReadSegments(segment).front();
  const auto file = MakeFile(table, MetadataOf(merged, "x"), merged.size_bytes);
  memory->ReplaceFiles({job}, file, parents, std::chrono::milliseconds(1), Deadline::Never())
      .value();
  clock.Advance(std::chrono::milliseconds(2));
  const auto due =
      memory->OpenReader(Deadline::Never()).value()->GetCollectable(file.location_id).value();
  memory
      ->RemoveFiles(metadata_db::JobClaim{job},
                    {.location = file.location_id, .version = due->version, .files = due->expired},
                    Deadline::Never())
      .value();
}

Result<std::optional<TableProgress>> DataLake::GetProgress(std::string_view table,
                                                           const ProgressRules& rules) {
  TIDEMARK_TRY(const auto snapshot, data->OpenSnapshot(Deadline::Never()));
  return data->GetTableProgress(*snapshot, version, table, rules);
}

Result<std::vector<TableWriterInfo>> DataLake::GetWriters() {
  TIDEMARK_TRY(const auto snapshot, data->OpenSnapshot(Deadline::Never()));
  return data->GetTablesWriterInfo(*snapshot, version);
}

}  // namespace tidemark::data_store
