#include "file_commit.h"

#include <chrono>

#include "tidemark/base/back_off.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/base/wait.h"

namespace tidemark::worker {

Result<std::vector<FileId>> CommitUntilKnown(const WorkerContext& context,
                                             const metadata_db::JobClaim& claim,
                                             std::span<const ClosedSegment> segments,
                                             const std::stop_token& stop) {
  std::vector<metadata_db::NewFile> files;
  for (const ClosedSegment& segment : segments) files.push_back(segment.file);
  const BackOffPolicy policy = DatabaseRetryPolicy(context.options);

  for (std::uint64_t attempt = 1;; ++attempt) {
    TIDEMARK_FAILPOINT_NO_THROW("commit.before_rows");
    auto ids = context.metadata.CommitFiles(claim, files, Deadline::After(kDatabaseTimeout));
    if (ids && ids->size() != files.size()) {
      return MakeError(ErrorCode::kInternal, "a commit gave back another number of file ids");
    }
    if (ids && attempt > 1) ++context.database_returns;
    if (ids || ids.error().code != ErrorCode::kUnavailable || stop.stop_requested()) return ids;
    if (attempt == 1) {
      Log(LogLevel::kWarning, "commit_retried",
          {{"job_id", claim.job.value}, {"error", ids.error().message}});
    }
    WaitFor(JitteredBackOff(policy, attempt, RandomU64()), stop);
  }
}

}  // namespace tidemark::worker
