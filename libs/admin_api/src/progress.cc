#include "progress.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "datasets.h"
#include "json_reply.h"
#include "path.h"
#include "progress_head.h"
#include "progress_includes.h"
#include "progress_json.h"
#include "table_report.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using data_store::TableProgress;
using dataset_store::Dataset;

constexpr FailureCodes kFailed{.failed = "GET_SYNC_PROGRESS_ERROR"};
constexpr ReportCodes kCodes{.snapshot = kFailed, .writers = kFailed, .tables = kFailed};

/// Writes the tables of one dataset's answer.
class TableWriter {
 public:
  TableWriter(const Services& services, const Dataset& dataset, const Includes& includes)
      : services_(services), dataset_(dataset), includes_(includes) {}

  void Write(const TableReport& report, JsonWriter& json) const {
    const TableProgress none;
    const TableProgress& shown = report.progress ? *report.progress : none;
    const bool is_active = report.progress.has_value();
    const auto job_id = report.writer ? report.writer->job_id : std::nullopt;
    json.BeginObject();
    // The specification's fields, in its order.
    json.Field("table_name", report.name);
    json.Field("current_block", NumberOf(shown.current_block));
    json.Field("start_block", NumberOf(shown.start_block));
    json.Field("job_id", job_id ? std::optional(job_id->value) : std::nullopt);
    json.Field("job_status", WordOf(report, ToSpecWord));
    json.Field("files_count", shown.files_count);
    json.Field("total_size_bytes", shown.total_size_bytes);
    // Ours.
    json.Field("job_state", WordOf(report, ToString));
    json.Key("ranges");
    WriteRanges(shown.ranges, json);
    json.Field("revision_id", is_active ? std::optional(shown.revision_id.value) : std::nullopt);
    json.Field("reorg_epoch", is_active ? std::optional(shown.reorg_epoch) : std::nullopt);
    json.Field("version", shown.version);
    json.Key("problems");
    WriteProblems(shown.problems, json);
    WriteIncludes(report, shown, json);
    json.EndObject();
  }

 private:
  void WriteIncludes(const TableReport& report, const TableProgress& shown,
                     JsonWriter& json) const {
    if (includes_.rate) {
      json.Key("rate");
      WriteRate(shown.rate, json);
    }
    if (includes_.gaps) {
      json.Key("gaps");
      WriteGaps(report.gaps, json);
    }
    if (report.health) {
      json.Key("health");
      WriteHealth(*report.health, json);
    }
    if (includes_.head) {
      json.Key("head");
      WriteHeads(report, dataset_.manifest, services_.heads, services_.clock.Now(), json);
    }
    if (includes_.rows) WriteRows(report.rows, json);
  }

  const Services& services_;
  const Dataset& dataset_;
  const Includes& includes_;
};

}  // namespace

Outcome<TrackedReply> GetDatasetProgress(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto includes, IncludesOf(request));
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  TIDEMARK_TRY(const auto tables, ReadTables(services.data, dataset, dataset.manifest.tables,
                                             includes, kCodes, request.deadline));
  const TableWriter writer(services, dataset, includes);
  JsonWriter json;
  json.BeginObject();
  json.Field("dataset_namespace", dataset.version.dataset.ns);
  json.Field("dataset_name", dataset.version.dataset.name);
  json.Field("revision", PathParam(request, "revision"));
  json.Field("manifest_hash", dataset.version.manifest_hash.hex);
  json.Key("tables").BeginArray();
  for (const TableReport& table : tables) writer.Write(table, json);
  json.EndArray();
  json.EndObject();
  return TrackedReply{.reply = JsonReply(200, std::move(json)),
                      .read_from = ReadFrom(dataset, tables)};
}

Outcome<TrackedReply> GetTableProgress(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto includes, IncludesOf(request));
  TIDEMARK_TRY(const auto table, TableInPath(request));
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  if (std::ranges::find(dataset.manifest.tables, table) == dataset.manifest.tables.end()) {
    return MakeProblem(
        404, "TABLE_NOT_FOUND",
        fmt::format("dataset {} has no table '{}'", ToString(dataset.version.dataset), table));
  }
  TIDEMARK_TRY(const auto tables, ReadTables(services.data, dataset, std::span(&table, 1), includes,
                                             kCodes, request.deadline));
  JsonWriter json;
  TableWriter(services, dataset, includes).Write(tables.front(), json);
  return TrackedReply{.reply = JsonReply(200, std::move(json)),
                      .read_from = ReadFrom(dataset, tables)};
}

}  // namespace tidemark::admin_api
