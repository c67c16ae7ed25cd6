// What a job needs before its first block.
#pragma once

#include <memory>
#include <vector>

#include "error_detail.h"
#include "segment_batch.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/rows.h"
#include "tidemark/model/job.h"
#include "tidemark/providers/block_source.h"
#include "worker_context.h"

namespace tidemark::worker {

/// An opened job.
struct JobSetup {
  JobDescriptor descriptor;
  RawDataset dataset;
  std::unique_ptr<providers::BlockSource> source;
  std::vector<TableTarget> tables;  // In the order of kEvmTables.
};

/// Reads the descriptor and the dataset, opens the block source, makes the job the writer of its
/// tables and loads their segments. A file whose row cannot be read is logged and left out; its
/// blocks will be written again. Sets `step` to what it is doing.
/// Errors: kConflict if another job writes the tables; those of the parts.
Result<JobSetup> SetUpJob(const WorkerContext& context, const metadata_db::JobRow& job,
                          JobStep& step);

}  // namespace tidemark::worker
