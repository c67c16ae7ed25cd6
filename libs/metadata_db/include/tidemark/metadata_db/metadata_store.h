// The seam between Tidemark and its metadata database.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/change_feed.h"
#include "tidemark/metadata_db/collection.h"
#include "tidemark/metadata_db/job_transition.h"
#include "tidemark/metadata_db/rows.h"

namespace tidemark::metadata_db {

using FileVisitor = std::function<void(const FileView&)>;

/// Which jobs ListJobs yields.
struct JobFilter {
  std::optional<std::vector<JobStatus>> statuses = std::nullopt;  // Absent: all.
  std::optional<std::string> node_id = std::nullopt;              // Absent: every node.
  std::optional<JobId> before = std::nullopt;                     // Only ids below this one.
  std::optional<std::size_t> limit = std::nullopt;                // Absent: all.
};

/// Which revisions ListRevisions yields.
struct RevisionFilter {
  std::optional<bool> is_active = std::nullopt;     // Absent: both.
  std::optional<std::size_t> limit = std::nullopt;  // Absent: all.
};

/// The database as it was at one moment: everything read through one reader fits together.
/// Not thread-safe. Keep it for one answer only; a reader that lives holds the database's log back.
/// Errors of every function: kUnavailable (no answer by the deadline it was opened with, or the
/// database is gone); where one row is asked for, kCorruption if it cannot be read (a time that is
/// none, a hash that is none). A list leaves such a row out and logs it: one bad row does not take
/// its neighbours away.
class MetadataReader {
 public:
  MetadataReader() = default;
  MetadataReader(const MetadataReader&) = delete;
  MetadataReader& operator=(const MetadataReader&) = delete;
  virtual ~MetadataReader() = default;

  virtual Result<std::optional<ManifestRow>> GetManifest(const ManifestHash& hash) = 0;
  /// Whether the manifest is one of this dataset's, not merely known.
  virtual Result<bool> IsManifestLinked(const DatasetVersion& version) = 0;
  virtual Result<std::optional<TagRow>> GetTag(const DatasetName& dataset,
                                               std::string_view tag) = 0;
  /// All tags of one dataset, "latest" and "dev" among them, in text order.
  virtual Result<std::vector<TagRow>> ListTags(const DatasetName& dataset) = 0;
  /// All tags of all datasets, by dataset, then in text order.
  virtual Result<std::vector<TagRow>> ListAllTags() = 0;

  /// All manifests, by hash.
  virtual Result<std::vector<ManifestUseRow>> ListManifests() = 0;
  /// The tags of all datasets that point at the manifest, by dataset, then in text order.
  virtual Result<std::vector<TagRow>> ListTagsOfManifest(const ManifestHash& hash) = 0;

  /// The tables of a dataset version that have been registered, by name.
  virtual Result<std::vector<TableRow>> ListTables(const DatasetVersion& version) = 0;
  virtual Result<std::optional<TableRow>> GetTable(const DatasetVersion& version,
                                                   std::string_view table_name) = 0;
  /// The tables whose active revision the job writes, by table name, then by dataset version.
  virtual Result<std::vector<TableRow>> ListTablesWrittenBy(JobId writer) = 0;
  virtual Result<std::optional<RevisionRow>> GetRevision(LocationId id) = 0;
  /// Newest id first.
  virtual Result<std::vector<RevisionRow>> ListRevisions(const RevisionFilter& filter) = 0;
  /// By file id, ascending.
  virtual Result<std::vector<FileRow>> ListFiles(LocationId location) = 0;
  /// Hands over those whose id is greater than `after`, by id, each as it comes: there may be
  /// millions. `visit` neither uses the reader nor keeps the texts. After a failure it has had
  /// some.
  virtual Status VisitFilesAfter(LocationId location, FileId after, const FileVisitor& visit) = 0;
  virtual Result<std::optional<FileRow>> GetFile(FileId id) = 0;
  /// The footers of those of `files` that are the location's and have one, by file id, each once.
  /// One that is longer than `limit_bytes` comes without its bytes: together they take no more than
  /// the caller has room for.
  virtual Result<std::vector<FooterRow>> ListFooters(LocationId location,
                                                     std::span<const FileId> files,
                                                     std::uint64_t limit_bytes) = 0;

  virtual Result<std::optional<JobRow>> GetJob(JobId id) = 0;
  /// Newest id first.
  virtual Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) = 0;
  /// The jobs that were ever scheduled for the version, each once, by their first SCHEDULED event
  /// for it.
  virtual Result<std::vector<JobRow>> ListJobsOfVersion(const DatasetVersion& version) = 0;
  /// Oldest first.
  virtual Result<std::vector<JobEventRow>> ListJobEvents(JobId id) = 0;
  /// nullopt also if the event is another job's.
  virtual Result<std::optional<JobEventRow>> GetJobEvent(JobId id, std::int64_t event_id) = 0;

  /// By node id.
  virtual Result<std::vector<WorkerRow>> ListWorkers() = 0;
  virtual Result<std::optional<WorkerRow>> GetWorker(std::string_view node_id) = 0;

  /// By network, kLatest before kFinalized. Empty where the database cannot keep heads.
  virtual Result<std::vector<ChainHeadRow>> ListChainHeads() = 0;

  /// The locations that have a scheduled file whose time has come, ascending. This and the next two
  /// find nothing in a database that is only read.
  virtual Result<std::vector<LocationId>> ListLocationsToCollect() = 0;
  /// nullopt if there is no such location.
  virtual Result<std::optional<Collectable>> GetCollectable(LocationId location) = 0;
  /// Those not yet marked as deleted, by location and name, `limit` at most.
  virtual Result<std::vector<CondemnedObject>> ListCondemnedObjects(std::size_t limit) = 0;

  /// What has changed from `since` to the moment of this reader: see change_feed.h. nullopt where
  /// the database keeps no feed: it is somebody else's, and only read.
  virtual Result<std::optional<FeedReading>> ReadFeed(const std::optional<FeedPosition>& since) = 0;
};

/// On whose behalf a job is changed. A worker names the attempt that it was given, so that it can
/// change nothing once the job has been scheduled anew, here or elsewhere: a fencing token.
struct JobClaim {
  JobId job;
  // JobRow::attempts when the job was taken on. Absent: whatever the attempt, for those that do not
  // run the job, as an operator who stops it.
  std::optional<std::uint32_t> attempt = std::nullopt;
};

/// Which nodes count as gone: those whose last heartbeat is not within this time of the database's
/// clock, before or after it, and those that never registered.
using SilenceLimit = std::chrono::milliseconds;

/// A table that a job is about to write.
struct TableToWrite {
  std::string table_name;
  std::string path_if_new;  // Of the revision to create if the table has no active one.
};

/// A file whose object is already durable.
struct NewFile {
  LocationId location_id;
  std::string file_name;
  std::string metadata;  // JSON: PrintSegmentMetadata.
  std::uint64_t object_size = 0;
  std::optional<std::string> object_e_tag = std::nullopt;
  std::string url;     // Of the revision's folder.
  std::string footer;  // Parquet metadata block, its length and magic; goes to footer_cache.
};

/// Where to put a revision of a table.
struct TableLocation {
  DatasetVersion version;
  std::string table_name;
  std::string path;  // Relative to the data folder.
};

/// Datasets, tables, files, jobs and workers, stored. Thread-safe. Every function is one
/// transaction: after a failure nothing of it has happened, except that a commit whose outcome is
/// unknown fails with kUnavailable; all functions may then be called again with the same arguments.
/// A text that is JSON comes back as what it says, perhaps with other blanks and order of keys; to
/// pass one that is no JSON is an error of the caller's that not every store finds.
/// Errors of every function: kUnavailable, kCorruption; of every one that writes, kInvalidArgument
/// if the store is read-only.
class MetadataStore {
 public:
  MetadataStore() = default;
  MetadataStore(const MetadataStore&) = delete;
  MetadataStore& operator=(const MetadataStore&) = delete;
  virtual ~MetadataStore() = default;

  /// Whether every write is refused: the database is somebody else's.
  virtual bool is_read_only() const { return false; }

  /// The reader sees everything whose function had returned before this call.
  virtual Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) = 0;

  /// The same, but what the reader sees may be as late as its first read, which may cost a round
  /// trip less.
  virtual Result<std::unique_ptr<MetadataReader>> OpenReaderAtFirstRead(Deadline deadline) {
    return OpenReader(deadline);
  }

  /// Adds the manifest unless it is there.
  virtual Status RegisterManifest(const ManifestRow& manifest, Deadline deadline) = 0;
  /// Makes a registered manifest one of the dataset's, and its tag "dev" point at it.
  /// Errors: kNotFound if the manifest is not registered.
  virtual Status LinkManifest(const DatasetVersion& version, Deadline deadline) = 0;
  /// Points the version's tag at a linked manifest. "latest" follows unless the dataset has a
  /// greater version; pre-releases count like any other.
  /// Errors: kNotFound if the manifest is not linked to the dataset.
  virtual Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                               Deadline deadline) = 0;

  /// Makes sure that each table is registered and has an active revision, and that the job writes
  /// it. The rows come back in the order of `tables`. A path that has a revision already is that
  /// revision.
  /// Errors: kNotFound if there is no such job; kConflict if the claim is of another attempt, or
  /// another job that is not terminal writes one of the revisions.
  virtual Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version,
                                                      const JobClaim& writer,
                                                      const std::vector<TableToWrite>& tables,
                                                      Deadline deadline) = 0;
  /// Adds files, all or none. A file that is there already, with the same metadata and size, is
  /// left as it is. Ids come back in the order of `files`.
  /// Errors: kConflict if the claim is of another attempt, if the job is not the writer of every
  /// location, if the job is terminal, if a name is taken by a file with other content, or if it is
  /// that of a condemned object;
  /// kNotFound if there is no such job or location; kInvalidArgument if a size is over 2^63-1.
  virtual Result<std::vector<FileId>> CommitFiles(const JobClaim& writer,
                                                  const std::vector<NewFile>& files,
                                                  Deadline deadline) = 0;

  /// Makes sure that there is a revision at the path, made for the table, and yields its id.
  /// Neither registers the table nor activates the revision. One that is there keeps its writer and
  /// metadata.
  virtual Result<LocationId> RegisterRevision(const TableLocation& location, Deadline deadline) = 0;
  /// Adds files that are found in storage to a revision, without a writer. A name that is there
  /// already is left as it is, whatever it holds; that of a condemned object is passed over. Yields
  /// how many were added. The locations that the files name do not count.
  /// Errors: kNotFound; kInvalidArgument if a size is over 2^63-1.
  virtual Result<std::uint64_t> RestoreFiles(LocationId location, const std::vector<NewFile>& files,
                                             Deadline deadline) = 0;
  /// Registers the table unless it is, and makes the revision its active one.
  /// Errors: kNotFound if there is no such revision.
  virtual Status ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                                  LocationId revision, Deadline deadline) = 0;
  /// Leaves the table without an active revision.
  /// Errors: kNotFound if the table is not registered.
  virtual Status DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                                 Deadline deadline) = 0;

  /// Gives the version's job to `node_id`: a new job, or the one it has had, which keeps its id. An
  /// active job (SCHEDULED, RUNNING) with an equal descriptor is left alone.
  /// Errors: kNotFound if there is no such worker; kConflict if the job is active with another
  /// descriptor, or is being stopped.
  virtual Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                                    Deadline deadline) = 0;
  /// Moves the job along one edge of its state machine, and logs the event. A stop request for a
  /// job that is stopping or terminal succeeds and changes nothing.
  /// `detail`: the error object for kFail and kFailForGood, else absent.
  /// Errors: kNotFound if there is no such job; kConflict, naming the state that it is in, or if
  /// the claim is of another attempt; kInvalidArgument if `detail` is absent for a failure, or
  /// present for anything else.
  virtual Status TransitionJob(const JobClaim& claim, JobTransition transition,
                               const std::optional<std::string>& detail, Deadline deadline) = 0;
  /// Gives `node_id` jobs of other nodes that are gone, those with the lowest ids, at most `limit`:
  /// SCHEDULED, RUNNING and ERROR ones are scheduled anew on it, ones that were being stopped are
  /// STOPPED. Yields them in the order of their ids.
  /// Errors: kNotFound if `node_id` is no worker.
  virtual Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id, SilenceLimit silence,
                                                  std::size_t limit, Deadline deadline) = 0;
  /// Deals the SCHEDULED, RUNNING and ERROR jobs of `node_id` out to the nodes that are not gone,
  /// in turns, and schedules them anew there. Where there is no such node, nothing happens.
  /// Yields the jobs that have gone.
  virtual Result<std::vector<JobId>> HandOverJobs(std::string_view node_id, SilenceLimit silence,
                                                  Deadline deadline) = 0;

  /// Removes the job with its events; revisions that it wrote have no writer any more. No error if
  /// there is no such job.
  /// Errors: kConflict if it is not terminal.
  virtual Status DeleteJob(JobId id, Deadline deadline) = 0;
  /// Removes every job in one of the states, all of which must be terminal; yields how many.
  /// Errors: kInvalidArgument for a state that is not terminal.
  virtual Result<std::uint64_t> DeleteJobs(const std::vector<JobStatus>& statuses,
                                           Deadline deadline) = 0;

  /// Adds the worker, or renews its registration and info. Counts as a heartbeat. Yields the
  /// WorkerRow::registered_at that this gives, later than any that the node has had: while the row
  /// says the same, no other process has registered under the node's id.
  virtual Result<UtcTime> RegisterWorker(std::string_view node_id, std::string_view info_json,
                                         Deadline deadline) = 0;
  /// Errors: kNotFound if the worker never registered.
  virtual Status Heartbeat(std::string_view node_id, Deadline deadline) = 0;

  /// Whether `owner` may look at the network's heads: it may if nobody else may, and from then on
  /// alone until `duration` has passed without its asking again; 0 gives the lease back. By the
  /// database's clock, where it has one, so that servers whose clocks differ agree.
  /// Errors: kInvalidArgument if the duration is negative or over a day.
  virtual Result<bool> LeaseChainHead(std::string_view network, std::string_view owner,
                                      std::chrono::milliseconds duration, Deadline deadline) = 0;
  /// Stores what a look found. A row without `found` leaves the stored one as it is.
  virtual Status PutChainHead(const ChainHeadRow& head, Deadline deadline) = 0;

  // Garbage collection: see collection.h.

  /// Adds `file` as CommitFiles does, and schedules the files that it stands for.
  /// Errors: those of CommitFiles; kConflict if one of `parents` is not a file of its location, or
  /// there is none.
  virtual Result<FileId> ReplaceFiles(const JobClaim& writer, const NewFile& file,
                                      const std::vector<FileId>& parents, CollectionDelay delay,
                                      Deadline deadline) = 0;
  /// Schedules files of a location that nobody writes. One that is scheduled already keeps the
  /// earlier of both times.
  /// Errors: kNotFound if there is no such location; kConflict if its writer is not terminal, if
  /// its version is another, or if one of `files` is not its.
  virtual Status ScheduleCollection(LocationId location, std::uint64_t version,
                                    const std::vector<FileId>& files, CollectionDelay delay,
                                    Deadline deadline) = 0;
  /// Removes files whose time has come and condemns their objects, all or none. With a claim, the
  /// location must be the job's, as for CommitFiles; without, nobody may write it.
  /// Errors: kNotFound if there is no such location; kConflict if the location is somebody else's,
  /// if its version is another, as it is after this call has succeeded, or if one of the files is
  /// not there or not due.
  virtual Status RemoveFiles(const std::optional<JobClaim>& writer, const FileRemoval& removal,
                             Deadline deadline) = 0;
  /// Condemns those of the location's objects that no row names. Yields how many of them are
  /// condemned now.
  /// Errors: kNotFound if there is no such location.
  virtual Result<std::uint64_t> CondemnObjects(LocationId location,
                                               const std::vector<std::string>& file_names,
                                               Deadline deadline) = 0;
  /// Marks condemned objects as deleted, and forgets those that were so kCondemnedKept ago.
  virtual Status ForgetObjects(const std::vector<CondemnedObject>& objects, Deadline deadline) = 0;

  /// False only if nothing has been committed since the position's moment, so that ReadFeed would
  /// yield no change. True where it would cost as much to find out.
  /// Errors: kUnavailable.
  virtual Result<bool> MayHaveChanged(const FeedPosition& /*since*/, Deadline /*deadline*/) {
    return true;
  }
  /// True only if nothing has been committed since the position's moment, as far as that can be
  /// told at once: for an I/O thread, which must not wait for another process or a disk. (SQLite
  /// may, if another process was killed in the middle of a commit.)
  virtual bool IsSurelyUnchanged(const FeedPosition& /*since*/) { return false; }

  /// Removes changes from the feed that have been there for longer than `keep`, by the database's
  /// clock where it has one, the oldest first. Positions older than that cannot be continued any
  /// more. Yields how many have gone, kFeedPrunedAtOnce at most: then there may be more to remove.
  /// Errors: kInvalidArgument if `keep` is negative.
  virtual Result<std::uint64_t> PruneFeed(std::chrono::milliseconds keep, Deadline deadline) = 0;
};

}  // namespace tidemark::metadata_db
