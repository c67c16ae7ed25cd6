#include "job_reader.h"

#include <optional>
#include <ranges>
#include <string>
#include <utility>

namespace tidemark::data_store {

Result<std::optional<std::string>> ReadErrorDetail(metadata_db::MetadataReader& reader,
                                                   const metadata_db::JobRow& job) {
  if (job.status != JobStatus::kError && job.status != JobStatus::kFatal) return std::nullopt;
  TIDEMARK_TRY(const auto events, reader.ListJobEvents(job.id));
  for (const metadata_db::JobEventRow& event : std::views::reverse(events)) {
    if (ParseJobStatus(event.event_type) == job.status) return event.detail;
  }
  return std::nullopt;
}

Result<JobInfo> ReadJobInfo(metadata_db::MetadataReader& reader, const metadata_db::JobRow& job) {
  TIDEMARK_TRY(auto error, ReadErrorDetail(reader, job));
  return JobInfo{.id = job.id,
                 .created_at = job.created_at,
                 .updated_at = job.updated_at,
                 .node_id = job.node_id,
                 .status = job.status,
                 .descriptor = job.descriptor,
                 .error = std::move(error),
                 .attempts = job.attempts};
}

}  // namespace tidemark::data_store
