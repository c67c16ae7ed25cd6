#include "table_report.h"

#include <algorithm>
#include <map>

namespace tidemark::admin_api {
namespace {

using data_store::DataStore;
using data_store::JobHealth;
using data_store::Snapshot;

/// The tables of a dataset mostly have one writer: it is asked about once.
class HealthReader {
 public:
  HealthReader(DataStore& data, Snapshot& snapshot) : data_(data), snapshot_(snapshot) {}

  Result<JobHealth> Read(std::optional<JobId> writer) {
    if (const auto known = known_.find(writer); known != known_.end()) return known->second;
    TIDEMARK_TRY(auto health, data_.GetJobHealth(snapshot_, writer));
    return known_.emplace(writer, std::move(health)).first->second;
  }

 private:
  DataStore& data_;
  Snapshot& snapshot_;
  std::map<std::optional<JobId>, JobHealth> known_;
};

}  // namespace

data_store::ProgressRules RulesOf(const dataset_store::Manifest& manifest) {
  return {.start_block = manifest.start_block};
}

std::optional<data_store::Dependencies> ReadFrom(const dataset_store::Dataset& dataset,
                                                 std::span<const TableReport> tables) {
  data_store::Dependencies read_from;
  // Also of tables that have no active revision: to get one is a change of the dataset.
  read_from.datasets.push_back(dataset.version.dataset);
  for (const TableReport& table : tables) {
    if (table.rows && table.rows->problem) return std::nullopt;
    if (table.progress) read_from.revisions.push_back(table.progress->revision_id);
    if (table.writer && table.writer->job_id) read_from.jobs.push_back(*table.writer->job_id);
  }
  return read_from;
}

Outcome<std::vector<TableReport>> ReadTables(DataStore& data, const dataset_store::Dataset& dataset,
                                             std::span<const std::string> tables,
                                             const Includes& includes, const ReportCodes& codes,
                                             Deadline deadline) {
  TIDEMARK_TRY(const auto snapshot, Translate(data.OpenSnapshot(deadline), codes.snapshot));
  TIDEMARK_TRY(const auto writers,
               Translate(data.GetTablesWriterInfo(*snapshot, dataset.version), codes.writers));
  const data_store::ProgressRules rules = RulesOf(dataset.manifest);
  HealthReader health(data, *snapshot);
  std::vector<TableReport> reports;
  for (const std::string& table : tables) {
    TableReport report;
    report.name = table;
    TIDEMARK_TRY(
        report.progress,
        Translate(data.GetTableProgress(*snapshot, dataset.version, table, rules), codes.tables));
    const auto writer = std::ranges::find(writers, table, &data_store::TableWriterInfo::table_name);
    if (writer != writers.end()) report.writer = *writer;
    if (includes.gaps) {
      TIDEMARK_TRY(
          report.gaps,
          Translate(data.GetTableGaps(*snapshot, dataset.version, table, rules), codes.tables));
    }
    if (includes.health) {
      TIDEMARK_TRY(report.health,
                   Translate(health.Read(report.writer ? report.writer->job_id : std::nullopt),
                             codes.writers));
    }
    reports.push_back(std::move(report));
  }
  // Last, because it may take all of the request's time.
  if (includes.rows) {
    for (TableReport& report : reports) {
      if (!report.progress) continue;
      TIDEMARK_TRY(report.rows,
                   Translate(data.GetTableRows(*snapshot, dataset.version, report.name, rules),
                             codes.tables));
    }
  }
  return reports;
}

}  // namespace tidemark::admin_api
