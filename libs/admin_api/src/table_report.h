// What is known of one table at the moment of an answer, for every dialect to print.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "problem.h"
#include "progress_includes.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/data_store/change_watch.h"
#include "tidemark/data_store/data_store.h"
#include "tidemark/dataset_store/dataset_store.h"

namespace tidemark::admin_api {

struct TableReport {
  std::string name;
  std::optional<data_store::TableProgress> progress;  // Absent without an active revision.
  std::optional<data_store::TableWriterInfo> writer;
  std::optional<data_store::TableGaps> gaps;    // If they were asked for.
  std::optional<data_store::JobHealth> health;  // If it was asked for.
  std::optional<data_store::TableRows> rows;    // If they were asked for.
};

/// By what the failures of an operation go.
struct ReportCodes {
  FailureCodes snapshot;  // The database cannot be read.
  FailureCodes writers;
  FailureCodes tables;
};

/// What the dataset's definition says about progress.
data_store::ProgressRules RulesOf(const dataset_store::Manifest& manifest);

/// What reports of tables of the dataset were read from, as far as the database tells: not the
/// heads of networks, nor how long ago something was. nullopt if that is not all, because a table's
/// rows could not be counted: with more time, or when a footer is mended, they can.
std::optional<data_store::Dependencies> ReadFrom(const dataset_store::Dataset& dataset,
                                                 std::span<const TableReport> tables);

/// Reads all `tables` from one snapshot, so that the answer's fields fit together.
Outcome<std::vector<TableReport>> ReadTables(data_store::DataStore& data,
                                             const dataset_store::Dataset& dataset,
                                             std::span<const std::string> tables,
                                             const Includes& includes, const ReportCodes& codes,
                                             Deadline deadline);

}  // namespace tidemark::admin_api
