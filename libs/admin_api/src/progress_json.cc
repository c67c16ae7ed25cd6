#include "progress_json.h"

#include "stored_json.h"
#include "tidemark/base/clock.h"

namespace tidemark::admin_api {
namespace {

void WriteRun(const data_store::FileRun& run, JsonWriter& json) {
  json.BeginObject();
  json.Key("ranges");
  WriteRanges(run.ranges, json);
  json.Field("files_count", run.files_count);
  json.Field("total_size_bytes", run.total_size_bytes);
  json.EndObject();
}

std::optional<std::string> TextOf(const std::optional<UtcTime>& time) {
  return time ? std::optional(FormatRfc3339(*time)) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> WordOf(const TableReport& report,
                                       std::string_view (*print)(JobStatus)) {
  if (!report.writer || !report.writer->job_status) return std::nullopt;
  return print(*report.writer->job_status);
}

void WriteRanges(std::span<const NetworkRange> ranges, JsonWriter& json) {
  json.BeginArray();
  for (const NetworkRange& range : ranges) {
    json.BeginObject();
    json.Field("network", range.network);
    json.Field("start", range.blocks.first().value);
    json.Field("end", range.blocks.last().value);
    json.Field("hash", ToHex(range.hash));
    json.Field("timestamp", range.timestamp_s);
    json.EndObject();
  }
  json.EndArray();
}

void WriteProblems(std::span<const data_store::TableProblem> problems, JsonWriter& json) {
  json.BeginArray();
  for (const data_store::TableProblem& problem : problems) {
    json.BeginObject();
    json.Field("code", data_store::ToString(problem.code));
    json.Field("count", problem.count);
    json.Field("detail", problem.detail);
    json.EndObject();
  }
  json.EndArray();
}

void WriteRate(const std::optional<data_store::CommitRate>& rate, JsonWriter& json) {
  if (!rate) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Field("blocks_per_second", rate->blocks_per_second);
  json.Field("window_secs", rate->window.count());
  json.Field("last_commit_at", FormatRfc3339(rate->last_commit_at));
  json.EndObject();
}

void WriteGaps(const std::optional<data_store::TableGaps>& gaps, JsonWriter& json) {
  if (!gaps) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("missing").BeginArray();
  for (const data_store::MissingBlocks& missing : gaps->missing) {
    json.BeginObject();
    json.Field("network", missing.network);
    json.Field("start", missing.blocks.first().value);
    json.Field("end", missing.blocks.last().value);
    json.EndObject();
  }
  json.EndArray();
  json.Field("missing_count", gaps->missing_count);
  json.Key("forks").BeginArray();
  if (gaps->fork) WriteRun(*gaps->fork, json);
  json.EndArray();
  json.Key("islands").BeginArray();
  for (const data_store::FileRun& island : gaps->islands) WriteRun(island, json);
  json.EndArray();
  json.Field("islands_count", gaps->islands_count);
  json.Field("islands_files_count", gaps->islands_files_count);
  json.Field("islands_size_bytes", gaps->islands_size_bytes);
  json.Field("superseded_files_count", gaps->superseded_files_count);
  json.Field("superseded_size_bytes", gaps->superseded_size_bytes);
  json.EndObject();
}

void WriteHealth(const data_store::JobHealth& health, JsonWriter& json) {
  json.BeginObject();
  json.Field("code", data_store::ToString(health.code));
  json.Field("detail", health.detail);
  json.Field("node_id", health.node_id);
  json.Field("heartbeat_at", TextOf(health.heartbeat_at));
  json.Field("heartbeat_age_ms",
             health.heartbeat_age ? std::optional(health.heartbeat_age->count()) : std::nullopt);
  json.Field("attempts", health.attempts);
  json.Field("retry_at", TextOf(health.retry_at));
  json.Key("error");
  WriteStoredJson(health.error, json);
  json.EndObject();
}

void WriteRows(const std::optional<data_store::TableRows>& rows, JsonWriter& json) {
  const data_store::TableRows shown = rows.value_or(data_store::TableRows{.count = 0});
  json.Field("rows", shown.count);
  json.Field("rows_reason",
             shown.problem ? std::optional(ToString(shown.problem->code)) : std::nullopt);
  json.Field("rows_detail", shown.problem ? std::optional(shown.problem->detail) : std::nullopt);
}

}  // namespace tidemark::admin_api
