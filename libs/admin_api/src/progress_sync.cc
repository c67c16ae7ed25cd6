// The dialect of Amp's clients. Their decoders die of a null, of a state that they do not know, and
// of an error that is not one of six pairs of status and code.

#include "datasets.h"
#include "json_reply.h"
#include "path.h"
#include "progress.h"
#include "progress_json.h"
#include "table_report.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using dataset_store::Dataset;

constexpr std::string_view kInvalidPath = "INVALID_PATH_PARAMS";
constexpr ReportCodes kCodes{.snapshot = {.failed = "GET_SYNC_PROGRESS_ERROR"},
                             .writers = {.failed = "GET_SYNC_PROGRESS_ERROR"},
                             .tables = {.failed = "PHYSICAL_TABLE_ERROR"}};

template <class T>
void WriteIfKnown(std::string_view name, const std::optional<T>& value, JsonWriter& json) {
  if (value) json.Field(name, *value);
}

void WriteTable(const TableReport& report, JsonWriter& json) {
  const data_store::TableProgress none;
  const data_store::TableProgress& shown = report.progress ? *report.progress : none;
  json.BeginObject();
  json.Field("table_name", report.name);
  WriteIfKnown("current_block", NumberOf(shown.current_block), json);
  WriteIfKnown("start_block", NumberOf(shown.start_block), json);
  if (report.writer && report.writer->job_id) json.Field("job_id", report.writer->job_id->value);
  WriteIfKnown("job_status", WordOf(report, ToSpecWord), json);
  json.Field("files_count", shown.files_count);
  json.Field("total_size_bytes", shown.total_size_bytes);
  WriteIfKnown("job_state", WordOf(report, ToString), json);
  if (!shown.problems.empty()) {
    json.Key("problems");
    WriteProblems(shown.problems, json);
  }
  json.EndObject();
}

/// An outage has status 503 elsewhere, which these clients cannot read.
template <class T>
Outcome<T> InTheirCodes(Outcome<T> outcome, std::string_view code_of_outage) {
  if (outcome || outcome.error().status != 503) return outcome;
  Problem problem = std::move(outcome).error();
  problem.status = 500;
  problem.code = code_of_outage;
  return std::unexpected(std::move(problem));
}

Outcome<Dataset> ResolveDataset(const Services& services, const http::Request& request) {
  auto name = DatasetInPath(request);
  auto revision = RevisionInPath(request);
  if (!name || !revision) {
    Problem problem = !name ? std::move(name).error() : std::move(revision).error();
    problem.code = kInvalidPath;
    return std::unexpected(std::move(problem));
  }
  return InTheirCodes(Translate(services.datasets.Resolve(*name, *revision, request.deadline),
                                {.failed = "GET_DATASET_ERROR", .not_found = "DATASET_NOT_FOUND"}),
                      "RESOLVE_REVISION_ERROR");
}

}  // namespace

Outcome<TrackedReply> GetSyncProgress(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto dataset, ResolveDataset(services, request));
  TIDEMARK_TRY(const auto tables,
               InTheirCodes(ReadTables(services.data, dataset, dataset.manifest.tables, {}, kCodes,
                                       request.deadline),
                            kCodes.snapshot.failed));
  JsonWriter json;
  json.BeginObject();
  json.Field("dataset_namespace", dataset.version.dataset.ns);
  json.Field("dataset_name", dataset.version.dataset.name);
  json.Field("revision", PathParam(request, "revision"));
  json.Field("manifest_hash", dataset.version.manifest_hash.hex);
  json.Key("tables").BeginArray();
  for (const TableReport& table : tables) WriteTable(table, json);
  json.EndArray();
  json.EndObject();
  return TrackedReply{.reply = JsonReply(200, std::move(json)),
                      .read_from = ReadFrom(dataset, tables)};
}

}  // namespace tidemark::admin_api
