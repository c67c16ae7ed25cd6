// The progress of one job, as Amp's Admin API answers.

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "json_reply.h"
#include "path.h"
#include "progress.h"
#include "progress_json.h"
#include "stored_json.h"
#include "table_report.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using data_store::JobInfo;
using data_store::TableOfVersion;
using data_store::TableProgress;

/// By table name. Absent: the table lost its active revision, which one snapshot cannot show.
using Tables = std::map<std::string, std::optional<TableProgress>>;

/// The dataset version that the job was scheduled for, if its descriptor can be read.
std::optional<DatasetVersion> VersionOf(const JobInfo& job) {
  if (!job.descriptor) return std::nullopt;
  const auto descriptor = ParseJobDescriptor(*job.descriptor);
  return descriptor ? std::optional(descriptor->version) : std::nullopt;
}

/// One table a name: datasets may share a revision, and then the job writes a table of each. Shown
/// is that of the job's own dataset version, or else the first.
std::map<std::string, DatasetVersion> ChooseTables(const std::vector<TableOfVersion>& written,
                                                   const std::optional<DatasetVersion>& own) {
  std::map<std::string, DatasetVersion> chosen;
  for (const TableOfVersion& table : written) {
    const auto [place, is_new] = chosen.emplace(table.table_name, table.version);
    if (!is_new && own && table.version == *own) place->second = table.version;
  }
  return chosen;
}

/// A table that its dataset's definition does not have is left out.
Outcome<Tables> ReadJobTables(const Services& services, data_store::Snapshot& snapshot,
                              const JobInfo& job, Deadline deadline) {
  TIDEMARK_TRY(const auto written, Translate(services.data.ListTablesWrittenBy(snapshot, job.id),
                                             {.failed = "GET_TABLES_ERROR"}));
  Tables tables;
  for (const auto& [name, version] : ChooseTables(written, VersionOf(job))) {
    TIDEMARK_TRY(const auto manifest,
                 Translate(services.datasets.LoadManifest(version.manifest_hash, deadline),
                           {.failed = "GET_DATASET_ERROR"}));
    if (std::ranges::find(manifest.tables, name) == manifest.tables.end()) continue;
    TIDEMARK_TRY(tables[name], Translate(services.data.GetTableProgress(snapshot, version, name,
                                                                        RulesOf(manifest)),
                                         {.failed = "SNAPSHOT_TABLE_ERROR"}));
  }
  return tables;
}

void WriteTable(const std::optional<TableProgress>& progress, JsonWriter& json) {
  const TableProgress none;
  const TableProgress& shown = progress ? *progress : none;
  json.BeginObject();
  json.Field("current_block", NumberOf(shown.current_block));
  json.Field("start_block", NumberOf(shown.start_block));
  json.Field("files_count", shown.files_count);
  json.Field("total_size_bytes", shown.total_size_bytes);
  // Ours, where Amp has no answer at all.
  if (shown.ranges.size() > 1) {
    json.Key("ranges");
    WriteRanges(shown.ranges, json);
  }
  if (!shown.problems.empty()) {
    json.Key("problems");
    WriteProblems(shown.problems, json);
  }
  json.EndObject();
}

}  // namespace

Outcome<http::Reply> GetJobProgress(const Services& services, const http::Request& request) {
  constexpr FailureCodes kJobCodes{.failed = "GET_JOB_ERROR"};
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(const auto snapshot,
               Translate(services.data.OpenSnapshot(request.deadline), kJobCodes));
  TIDEMARK_TRY(const auto job, Translate(services.data.GetJob(*snapshot, id), kJobCodes));
  if (!job) return MakeProblem(404, "JOB_NOT_FOUND", fmt::format("there is no job {}", id.value));
  TIDEMARK_TRY(const auto tables, ReadJobTables(services, *snapshot, *job, request.deadline));
  JsonWriter json;
  json.BeginObject();
  json.Field("job_id", job->id.value);
  json.Field("job_status", ToString(job->status));
  json.Key("tables").BeginObject();
  for (const auto& [name, progress] : tables) {
    json.Key(name);
    WriteTable(progress, json);
  }
  json.EndObject();
  if (job->error) {
    json.Key("detail");
    WriteStoredJson(job->error, json);
  }
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
