#include "problem_ledger.h"

#include <cstdint>
#include <string_view>
#include <vector>

#include "tidemark/base/log.h"

namespace tidemark::data_store {
namespace {

MetricInfo RowsTotal(std::string_view kind) {
  return {.name = "tidemark_quarantined_rows_total",
          .help =
              "Rows that answers left out because they make no sense, counted again in each "
              "answer that was computed.",
          .labels = {{.name = "kind", .value = kind}}};
}

std::int64_t QuarantinedFiles(const std::vector<TableProblem>& problems) {
  std::int64_t count = 0;
  for (const TableProblem& problem : problems) {
    if (problem.code == TableProblemCode::kFileQuarantined) {
      count += static_cast<std::int64_t>(problem.count);
    }
  }
  return count;
}

}  // namespace

ProblemLedger::ProblemLedger(MetricRegistry& metrics)
    : quarantined_files_total_(metrics.GetCounter(RowsTotal("file"))),
      missing_revisions_total_(metrics.GetCounter(RowsTotal("revision"))),
      missing_writers_total_(metrics.GetCounter(RowsTotal("writer"))),
      quarantined_files_(metrics.GetGauge(
          {.name = "tidemark_quarantined_segments",
           .help = "Files that the newest answer about each table left out, over all tables that "
                   "were asked about since the start."})) {}

void ProblemLedger::Note(LocationId revision, const std::vector<TableProblem>& problems) {
  for (const TableProblem& problem : problems) CounterOf(problem.code).Add(problem.count);
  {
    const MutexLock lock(mutex_);
    const auto found = last_.find(revision);
    const bool was_clean = found == last_.end();
    if (was_clean ? problems.empty() : found->second == problems) return;
    quarantined_files_.Add(QuarantinedFiles(problems) -
                           (was_clean ? 0 : QuarantinedFiles(found->second)));
    if (problems.empty()) {
      last_.erase(found);
    } else {
      last_.insert_or_assign(revision, problems);
    }
  }
  if (problems.empty()) {
    Log(LogLevel::kInfo, "table_problems_gone", {{"location_id", revision.value}});
  }
  for (const TableProblem& problem : problems) {
    Log(LogLevel::kWarning, "table_problem",
        {{"location_id", revision.value},
         {"code", ToString(problem.code)},
         {"count", problem.count},
         {"detail", problem.detail}});
  }
}

Counter& ProblemLedger::CounterOf(TableProblemCode code) {
  switch (code) {
    case TableProblemCode::kFileQuarantined:
      return quarantined_files_total_;
    case TableProblemCode::kRevisionMissing:
      return missing_revisions_total_;
    case TableProblemCode::kWriterMissing:
      return missing_writers_total_;
  }
  return quarantined_files_total_;
}

}  // namespace tidemark::data_store
