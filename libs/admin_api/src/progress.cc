#include "progress.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "datasets.h"
#include "json_reply.h"
#include "path.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using data_store::TableProgress;
using data_store::TableWriterInfo;
using dataset_store::Dataset;

/// One table as the answer shows it.
struct TableReport {
  std::string name;
  std::optional<TableProgress> progress;
  std::optional<TableWriterInfo> writer;
};

/// Parts of an answer that are there only if they are asked for, so that pollers do not pay for
/// what they do not read, and so that the plain answer changes only when progress does.
struct Includes {
  bool rate = false;
};

/// From `include=a,b`.
Outcome<Includes> IncludesOf(const http::Request& request) {
  Includes includes;
  const auto found = request.query.find("include");
  if (found == request.query.end()) return includes;
  for (std::string_view rest = found->second; !rest.empty();) {
    const auto comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    if (part != "rate") {
      return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                         fmt::format("include has no part '{}': there is rate", part));
    }
    includes.rate = true;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return includes;
}

/// Reads all `tables` from one snapshot, so that the answer's fields fit together.
Outcome<std::vector<TableReport>> ReadTables(data_store::DataStore& data, const Dataset& dataset,
                                             std::span<const std::string> tables,
                                             Deadline deadline) {
  constexpr FailureCodes kCodes{.failed = "GET_SYNC_PROGRESS_ERROR"};
  TIDEMARK_TRY(const auto snapshot, Translate(data.OpenSnapshot(deadline), kCodes));
  TIDEMARK_TRY(const auto writers,
               Translate(data.GetTablesWriterInfo(*snapshot, dataset.version), kCodes));
  const data_store::ProgressRules rules{.start_block = dataset.manifest.start_block};
  std::vector<TableReport> reports;
  for (const std::string& table : tables) {
    TableReport report{.name = table, .progress = {}, .writer = {}};
    TIDEMARK_TRY(
        report.progress,
        Translate(data.GetTableProgress(*snapshot, dataset.version, table, rules), kCodes));
    const auto writer = std::ranges::find(writers, table, &TableWriterInfo::table_name);
    if (writer != writers.end()) report.writer = *writer;
    reports.push_back(std::move(report));
  }
  return reports;
}

void WriteRanges(const TableProgress& progress, JsonWriter& json) {
  for (const NetworkRange& range : progress.ranges) {
    json.BeginObject();
    json.Field("network", range.network);
    json.Field("start", range.blocks.first().value);
    json.Field("end", range.blocks.last().value);
    json.Field("hash", ToHex(range.hash));
    json.Field("timestamp", range.timestamp_s);
    json.EndObject();
  }
}

std::optional<std::uint64_t> NumberOf(const std::optional<BlockNumber>& block) {
  return block ? std::optional(block->value) : std::nullopt;
}

void WriteRate(const TableReport& report, JsonWriter& json) {
  json.Key("rate");
  if (!report.progress || !report.progress->rate) {
    json.Null();
    return;
  }
  const data_store::CommitRate& rate = *report.progress->rate;
  json.BeginObject();
  json.Field("blocks_per_second", rate.blocks_per_second);
  json.Field("window_secs", rate.window.count());
  json.Field("last_commit_at", FormatRfc3339(rate.last_commit_at));
  json.EndObject();
}

void WriteTable(const TableReport& report, const Includes& includes, JsonWriter& json) {
  const std::optional<TableProgress>& progress = report.progress;
  const TableProgress none;
  const TableProgress& shown = progress ? *progress : none;
  const auto job_id = report.writer ? report.writer->job_id : std::nullopt;
  const auto status = report.writer ? report.writer->job_status : std::nullopt;
  const auto word = [&](std::string_view (*print)(JobStatus)) {
    return status ? std::optional(print(*status)) : std::nullopt;
  };

  json.BeginObject();
  // The specification's fields, in its order.
  json.Field("table_name", report.name);
  json.Field("current_block", NumberOf(shown.current_block));
  json.Field("start_block", NumberOf(shown.start_block));
  json.Field("job_id", job_id ? std::optional(job_id->value) : std::nullopt);
  json.Field("job_status", word(ToSpecWord));
  json.Field("files_count", shown.files_count);
  json.Field("total_size_bytes", shown.total_size_bytes);
  // Ours.
  json.Field("job_state", word(ToString));
  json.Key("ranges").BeginArray();
  WriteRanges(shown, json);
  json.EndArray();
  json.Field("revision_id", progress ? std::optional(progress->revision_id.value) : std::nullopt);
  json.Field("version", progress ? std::optional(progress->version) : std::nullopt);
  if (includes.rate) WriteRate(report, json);
  json.EndObject();
}

}  // namespace

Outcome<http::Reply> GetDatasetProgress(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto includes, IncludesOf(request));
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  TIDEMARK_TRY(const auto tables,
               ReadTables(services.data, dataset, dataset.manifest.tables, request.deadline));
  JsonWriter json;
  json.BeginObject();
  json.Field("dataset_namespace", dataset.version.dataset.ns);
  json.Field("dataset_name", dataset.version.dataset.name);
  json.Field("revision", PathParam(request, "revision"));
  json.Field("manifest_hash", dataset.version.manifest_hash.hex);
  json.Key("tables").BeginArray();
  for (const TableReport& table : tables) WriteTable(table, includes, json);
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetTableProgress(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto includes, IncludesOf(request));
  TIDEMARK_TRY(const auto table, TableInPath(request));
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  if (std::ranges::find(dataset.manifest.tables, table) == dataset.manifest.tables.end()) {
    return MakeProblem(
        404, "TABLE_NOT_FOUND",
        fmt::format("dataset {} has no table '{}'", ToString(dataset.version.dataset), table));
  }
  TIDEMARK_TRY(const auto tables,
               ReadTables(services.data, dataset, std::span(&table, 1), request.deadline));
  JsonWriter json;
  WriteTable(tables.front(), includes, json);
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
