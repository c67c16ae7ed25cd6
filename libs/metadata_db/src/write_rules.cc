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

std::unexpected<Error> NoSuchTable(const DatasetVersion& version, std::string_view table_name) {
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("table {} of {}@{} is not registered", table_name,
                               ToString(version.dataset), version.manifest_hash.hex));
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

Status CheckClaim(const JobClaim& claim, const JobRow& job) {
  if (!claim.attempt || *claim.attempt == job.attempts) return {};
  return MakeError(
      ErrorCode::kConflict,
      fmt::format("job {} has been scheduled anew, as attempt {} on node {}: attempt {} is over",
                  job.id.value, job.attempts, job.node_id, *claim.attempt));
}

Status CheckMayCommit(const JobClaim& writer, const JobRow& job) {
  TIDEMARK_TRY(CheckClaim(writer, job));
  if (!IsTerminal(job.status)) return {};
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is {} and may not commit files",
                                                     job.id.value, ToString(job.status)));
}

Status CheckIsWriter(JobId writer, LocationId location, std::optional<JobId> present) {
  if (present == writer) return {};
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is not the writer of location {}",
                                                     writer.value, location.value));
}

Status CheckNobodyWrites(LocationId location, const RevisionWriter& present) {
  if (!present.id || (present.status && IsTerminal(*present.status))) return {};
  return MakeError(ErrorCode::kConflict,
                   fmt::format("job {}, which is {}, writes location {}: stop it first",
                               present.id->value, StateName(present.status), location.value));
}

Status CheckVersion(LocationId location, std::uint64_t expected, std::uint64_t present) {
  if (expected == present) return {};
  return MakeError(ErrorCode::kConflict,
                   fmt::format("location {} has changed since it was looked at: it has version {}, "
                               "not {}",
                               location.value, present, expected));
}

std::unexpected<Error> NoFileToReplace(const NewFile& file) {
  return MakeError(ErrorCode::kConflict,
                   fmt::format("file {} stands for files that location {} does not have",
                               file.file_name, file.location_id.value));
}

std::unexpected<Error> NotCollectable(LocationId location) {
  return MakeError(ErrorCode::kConflict,
                   fmt::format("a file of location {} is not there, or not yet due to be collected",
                               location.value));
}

std::unexpected<Error> IsCondemned(LocationId location, std::string_view file_name) {
  return MakeError(ErrorCode::kConflict,
                   fmt::format("the object of file {} of location {} is garbage, and being deleted",
                               file_name, location.value));
}

CollectionDelay BoundDelay(CollectionDelay delay) {
  constexpr std::chrono::hours kLongest{24 * 365 * 100};
  return std::clamp<CollectionDelay>(delay, std::chrono::milliseconds(1), kLongest);
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

Result<Outcome> DecideTransition(const JobClaim& claim, JobTransition transition,
                                 const JobRow& job) {
  TIDEMARK_TRY(CheckClaim(claim, job));
  const JobStatus from = job.status;
  if (IsAllowed(transition, from)) return Outcome::kWrite;
  const bool is_ending = from == JobStatus::kStopRequested || from == JobStatus::kStopping;
  if (transition == JobTransition::kRequestStop && (is_ending || IsTerminal(from))) {
    return Outcome::kNothingToDo;
  }
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is {}: cannot {}", job.id.value,
                                                     ToString(from), ToString(transition)));
}

Status CheckMayDelete(JobId id, JobStatus status) {
  if (IsTerminal(status)) return {};
  return MakeError(ErrorCode::kConflict, fmt::format("job {} is {}: stop it before you delete it",
                                                     id.value, ToString(status)));
}

Status CheckAreTerminal(const std::vector<JobStatus>& statuses) {
  for (const JobStatus status : statuses) {
    if (!IsTerminal(status)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("jobs that are {} may not be deleted", ToString(status)));
    }
  }
  return {};
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
  if (TargetOf(transition) != JobStatus::kScheduled) return detail;
  if (!job.descriptor) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("job {} was scheduled without a descriptor", job.id.value));
  }
  return job.descriptor;
}

UtcTime RegistrationAfter(UtcTime former, UtcTime now) {
  return std::max(now, former + std::chrono::microseconds(1));
}

bool IsGone(UtcTime heartbeat_at, UtcTime now, SilenceLimit silence) {
  return heartbeat_at < now - silence || heartbeat_at > now + silence;
}

std::optional<NewOwnership> DecideTakeOver(const JobRow& job) {
  if (job.status == JobStatus::kStopRequested || job.status == JobStatus::kStopping) {
    return NewOwnership{.status = JobStatus::kStopped, .detail = std::nullopt};
  }
  const bool may_go_on =
      std::ranges::find(kStatesToHandOver, job.status) != kStatesToHandOver.end();
  if (!may_go_on || !job.descriptor) return std::nullopt;
  return NewOwnership{.status = JobStatus::kScheduled, .detail = job.descriptor};
}

const std::string& PickHeir(JobId job, const std::vector<std::string>& nodes) {
  return nodes[static_cast<std::uint64_t>(job.value) % nodes.size()];
}

Status CheckLeaseDuration(std::chrono::milliseconds duration) {
  if (duration.count() >= 0 && duration <= kLeaseMax) return {};
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("a lease lasts from 0 to {} ms, not {}",
                                                            kLeaseMax.count(), duration.count()));
}

bool MayLease(std::string_view owner, const std::optional<HeadLease>& present, UtcTime now) {
  if (!present || present->owner == owner) return true;
  return present->expires_at <= now || present->expires_at > now + kLeaseMax;
}

}  // namespace tidemark::metadata_db
