#include "tidemark/metadata_db/write_rules.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "tidemark/base/json_writer.h"

namespace tidemark::metadata_db {
namespace {

// For a message: "RUNNING", or what stands in for a row that is not there.
std::string_view StateName(std::optional<JobStatus> status) {
  return status ? ToString(*status) : "in no known state";
}

}  // namespace

Status CheckDeadline(Deadline deadline) {
  if (!deadline.HasPassed()) return {};
  return MakeError(ErrorCode::kUnavailable, "the metadata database did not answer in time");
}

std::unexpected<Error> NoSuchManifest(const ManifestHash& hash) {
  return MakeError(ErrorCode::kNotFound, fmt::format("manifest {} is not registered", hash.hex));
}

std::unexpected<Error> NotLinked(const DatasetVersion& version) {
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("manifest {} is not linked to dataset {}", version.manifest_hash.hex,
                               ToString(version.dataset)));
}

std::unexpected<Error> NoSuchJob(JobId id) {
  return MakeError(ErrorCode::kNotFound, fmt::format("there is no job {}", id.value));
}

std::unexpected<Error> NoSuchLocation(LocationId id) {
  return MakeError(ErrorCode::kNotFound, fmt::format("there is no location {}", id.value));
}

std::unexpected<Error> NoSuchWorker(std::string_view node_id) {
  return MakeError(ErrorCode::kNotFound, fmt::format("there is no worker {}", node_id));
}

bool BecomesLatest(const SemanticVersion& tag, const std::vector<TagRow>& tags) {
  return std::ranges::none_of(tags, [&](const TagRow& row) {
    // "latest" and "dev" are tags too, but no versions.
    const auto version = SemanticVersion::Parse(row.version);
    return version && std::is_gt(version->Compare(tag));
  });
}

std::string RevisionMetadata(const DatasetVersion& version, std::string_view table_name) {
  JsonWriter json;
  json.BeginObject();
  json.Field("dataset_namespace", version.dataset.ns);
  json.Field("dataset_name", version.dataset.name);
  json.Field("manifest_hash", version.manifest_hash.hex);
  json.Field("table_name", table_name);
  json.EndObject();
  return std::move(json).Take();
}

Status CheckAcquire(JobId job, std::string_view path, const RevisionWriter& present) {
  if (!present.id || *present.id == job) return {};
  if (present.status && IsTerminal(*present.status)) return {};
  return MakeError(ErrorCode::kConflict,
                   fmt::format("job {}, which is {}, writes the revision at {}", present.id->value,
                               StateName(present.status), path));
}

Status CheckSizes(const std::vector<NewFile>& files) {
  for (const NewFile& file : files) {
    if (file.object_size > std::numeric_limits<std::int64_t>::max()) {
      return MakeError(ErrorCode::kInvalidArgument, fmt::format("file {} cannot have {} bytes",
                                                                file.file_name, file.object_size));
    }
  }
  return {};
}

Status CheckMayCommit(JobId writer, JobStatus status) {
  if (!IsTerminal(status)) return {};
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is {} and may not commit files",
                                                     writer.value, ToString(status)));
}

Status CheckIsWriter(JobId writer, LocationId location, std::optional<JobId> present) {
  if (present == writer) return {};
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is not the writer of location {}",
                                                     writer.value, location.value));
}

Status CheckSameFile(const NewFile& file, std::string_view stored_metadata,
                     std::optional<std::int64_t> stored_size) {
  const bool same_size = stored_size && std::cmp_equal(*stored_size, file.object_size);
  if (same_size && stored_metadata == file.metadata) return {};
  return MakeError(ErrorCode::kConflict, fmt::format("location {} has another file named {}",
                                                     file.location_id.value, file.file_name));
}

Result<Outcome> DecideSchedule(const JobRow& job, const JobDescriptor& wanted) {
  switch (job.status) {
    case JobStatus::kScheduled:
    case JobStatus::kRunning:
      break;
    case JobStatus::kStopRequested:
    case JobStatus::kStopping:
      return MakeError(ErrorCode::kConflict, fmt::format("job {} is being stopped: it is {}",
                                                         job.id.value, ToString(job.status)));
    case JobStatus::kStopped:
    case JobStatus::kCompleted:
    case JobStatus::kError:
    case JobStatus::kFatal:
    case JobStatus::kUnknown:
      return Outcome::kWrite;
  }
  const auto stored = ParseJobDescriptor(job.descriptor.value_or(""));
  if (!stored)
    return WithContext(fmt::format("descriptor of job {}", job.id.value), stored.error());
  if (*stored == wanted) return Outcome::kNothingToDo;
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is {} with another descriptor",
                                                     job.id.value, ToString(job.status)));
}

Result<Outcome> DecideTransition(JobId id, JobTransition transition, JobStatus from) {
  if (IsAllowed(transition, from)) return Outcome::kWrite;
  const bool is_ending = from == JobStatus::kStopRequested || from == JobStatus::kStopping;
  if (transition == JobTransition::kRequestStop && (is_ending || IsTerminal(from))) {
    return Outcome::kNothingToDo;
  }
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is {}: cannot {}", id.value,
                                                     ToString(from), ToString(transition)));
}

Status CheckDetail(JobTransition transition, const std::optional<std::string>& detail) {
  const bool is_failure =
      transition == JobTransition::kFail || transition == JobTransition::kFailForGood;
  if (is_failure == detail.has_value()) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("transition {} {} an error detail", ToString(transition),
                               is_failure ? "needs" : "does not take"));
}

Result<std::optional<std::string>> DetailAfter(JobTransition transition, const JobRow& job,
                                               const std::optional<std::string>& detail) {
  if (transition != JobTransition::kRetry) return detail;
  if (!job.descriptor) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("job {} was scheduled without a descriptor", job.id.value));
  }
  return job.descriptor;
}

}  // namespace tidemark::metadata_db
