// What a write makes of the rows that it finds. Every store must decide alike, so the decisions are
// here, without a database; a store reads the rows, asks, and writes, all in one transaction.
#pragma once

#include <array>
#include <chrono>
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
std::unexpected<Error> NoSuchTable(const DatasetVersion& version, std::string_view table_name);
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

/// Errors: kConflict if the job has been scheduled anew since.
Status CheckClaim(const JobClaim& claim, const JobRow& job);

/// Errors: kConflict if the job is terminal, or as CheckClaim.
Status CheckMayCommit(const JobClaim& writer, const JobRow& job);

/// Errors: kConflict if the location's writer is another job or none.
Status CheckIsWriter(JobId writer, LocationId location, std::optional<JobId> present);

/// Errors: kConflict if the location has a writer that is not terminal.
Status CheckNobodyWrites(LocationId location, const RevisionWriter& present);

/// Errors: kConflict if they differ.
Status CheckVersion(LocationId location, std::uint64_t expected, std::uint64_t present);

std::unexpected<Error> NoFileToReplace(const NewFile& file);
std::unexpected<Error> NotCollectable(LocationId location);
std::unexpected<Error> IsCondemned(LocationId location, std::string_view file_name);

/// At least a millisecond, at most a hundred years.
CollectionDelay BoundDelay(CollectionDelay delay);

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

/// What TransitionJob does with the job.
/// Errors: kConflict, see TransitionJob.
Result<Outcome> DecideTransition(const JobClaim& claim, JobTransition transition,
                                 const JobRow& job);

/// Errors: kConflict if the job is not terminal.
Status CheckMayDelete(JobId id, JobStatus status);

/// Errors: kInvalidArgument for a state in which a job may not be deleted.
Status CheckAreTerminal(const std::vector<JobStatus>& statuses);

/// Errors: kInvalidArgument if a failure comes without a detail, or another transition with one.
Status CheckDetail(JobTransition transition, const std::optional<std::string>& detail);

/// The detail that the new state and its event hold: the failure's, or for a retry the descriptor.
/// Errors: kCorruption if a job to retry has no descriptor.
Result<std::optional<std::string>> DetailAfter(JobTransition transition, const JobRow& job,
                                               const std::optional<std::string>& detail);

/// When a node that registered at `former` registers at `now`: later, by a microsecond at least.
UtcTime RegistrationAfter(UtcTime former, UtcTime now);

/// Whether a node whose last heartbeat was at `heartbeat_at` is gone.
bool IsGone(UtcTime heartbeat_at, UtcTime now, SilenceLimit silence);

/// The states of the jobs that leave a node which is gone, or which is stopping.
inline constexpr std::array kStatesToTakeOver = {JobStatus::kScheduled, JobStatus::kRunning,
                                                 JobStatus::kError, JobStatus::kStopRequested,
                                                 JobStatus::kStopping};
inline constexpr std::array kStatesToHandOver = {JobStatus::kScheduled, JobStatus::kRunning,
                                                 JobStatus::kError};

/// What becomes of a job that is taken over or handed over.
struct NewOwnership {
  JobStatus status;                   // SCHEDULED or STOPPED.
  std::optional<std::string> detail;  // Of the state and its event.
};
/// nullopt if it stays where it is: it is in none of the states, or has no descriptor.
std::optional<NewOwnership> DecideTakeOver(const JobRow& job);

/// The node that gets the job. Requires: `nodes` is not empty.
const std::string& PickHeir(JobId job, const std::vector<std::string>& nodes);

inline constexpr std::chrono::milliseconds kLeaseMax = std::chrono::hours(24);

/// Who may look at the heads of a network, and until when nobody else may.
struct HeadLease {
  std::string owner;
  UtcTime expires_at;
};

/// Errors: kInvalidArgument if it is negative or over a day.
Status CheckLeaseDuration(std::chrono::milliseconds duration);

/// Whether `owner` may have the lease that is `present`, if any. One that ends later than any can,
/// because the clock was set back, has ended.
bool MayLease(std::string_view owner, const std::optional<HeadLease>& present, UtcTime now);

}  // namespace tidemark::metadata_db
