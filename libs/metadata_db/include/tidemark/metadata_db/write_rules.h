// What a write makes of the rows that it finds. Every store must decide alike, so the decisions are
// here, without a database; a store reads the rows, asks, and writes, all in one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db {

/// Errors: kUnavailable if the deadline has passed.
Status CheckDeadline(Deadline deadline);

std::unexpected<Error> NoSuchManifest(const ManifestHash& hash);
std::unexpected<Error> NotLinked(const DatasetVersion& version);
std::unexpected<Error> NoSuchJob(JobId id);
std::unexpected<Error> NoSuchLocation(LocationId id);
std::unexpected<Error> NoSuchWorker(std::string_view node_id);

/// Whether "latest" moves to `tag`: no version in `tags`, the dataset's present ones, is greater.
bool BecomesLatest(const SemanticVersion& tag, const std::vector<TagRow>& tags);

/// The `metadata` column of a revision that is created for a table.
std::string RevisionMetadata(const DatasetVersion& version, std::string_view table_name);

/// What is known of the job that a revision names as its writer.
struct RevisionWriter {
  std::optional<JobId> id;
  std::optional<JobStatus> status;
};

/// Whether `job` may become the writer of the revision at `path`.
/// Errors: kConflict if another job writes it and is not terminal.
Status CheckAcquire(JobId job, std::string_view path, const RevisionWriter& present);

/// Errors: kInvalidArgument if a size is over 2^63-1, which the column cannot hold.
Status CheckSizes(const std::vector<NewFile>& files);

/// Errors: kConflict if the job is terminal.
Status CheckMayCommit(JobId writer, JobStatus status);

/// Errors: kConflict if the location's writer is another job or none.
Status CheckIsWriter(JobId writer, LocationId location, std::optional<JobId> present);

/// Whether `file` is the one that is stored under its name.
/// Errors: kConflict if metadata or size differ.
Status CheckSameFile(const NewFile& file, std::string_view stored_metadata,
                     std::optional<std::int64_t> stored_size);

/// Whether there is anything for a write to do.
enum class Outcome : std::uint8_t {
  kNothingToDo,  // The stored state is what the caller asks for.
  kWrite,
};

/// What ScheduleJob does with the job that the version has.
/// Errors: kConflict, see ScheduleJob; kCorruption if an active job's descriptor cannot be read.
Result<Outcome> DecideSchedule(const JobRow& job, const JobDescriptor& wanted);

/// What TransitionJob does with a job in state `from`.
/// Errors: kConflict, see TransitionJob.
Result<Outcome> DecideTransition(JobId id, JobTransition transition, JobStatus from);

/// Errors: kInvalidArgument if a failure comes without a detail, or another transition with one.
Status CheckDetail(JobTransition transition, const std::optional<std::string>& detail);

/// The detail that the new state and its event hold: the failure's, or for a retry the descriptor.
/// Errors: kCorruption if a job to retry has no descriptor.
Result<std::optional<std::string>> DetailAfter(JobTransition transition, const JobRow& job,
                                               const std::optional<std::string>& detail);

}  // namespace tidemark::metadata_db
