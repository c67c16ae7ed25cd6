// What answers have to do without, for those who look after the database.
#pragma once

#include <map>
#include <vector>

#include "tidemark/base/metrics.h"
#include "tidemark/base/mutex.h"
#include "tidemark/data_store/table_progress.h"
#include "tidemark/model/ids.h"

namespace tidemark::data_store {

/// Counts the rows that answers left out, and logs them once: when they are first seen, and when
/// they change, since a table may be asked about many times a second. Thread-safe.
class ProblemLedger {
 public:
  explicit ProblemLedger(MetricRegistry& metrics);

  /// Takes in what an answer about the revision left out; nothing if it left nothing out.
  void Note(LocationId revision, const std::vector<TableProblem>& problems)
      TIDEMARK_EXCLUDES(mutex_);

 private:
  Counter& CounterOf(TableProblemCode code);

  Counter& quarantined_files_total_;
  Counter& missing_revisions_total_;
  Counter& missing_writers_total_;
  Gauge& quarantined_files_;
  Mutex mutex_;
  // Of the newest answer about each revision; only revisions with problems.
  std::map<LocationId, std::vector<TableProblem>> last_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::data_store
