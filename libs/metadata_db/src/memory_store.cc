#include "tidemark/metadata_db/memory_store.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "memory_state.h"
#include "memory_write.h"
#include "tidemark/base/mutex.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {
namespace {

class MemoryStore final : public MetadataStore {
 public:
  MemoryStore(const Clock& clock, MemoryState state)
      : clock_(clock), state_(std::make_shared<const MemoryState>(std::move(state))) {}

  Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) override {
    TIDEMARK_TRY(CheckDeadline(deadline));
    const MutexLock lock(mutex_);
    return MakeMemoryReader(state_, clock_.Now(), deadline);
  }

  Status RegisterManifest(const ManifestRow& manifest, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      write.state.manifests.try_emplace(
          manifest.hash.hex, StoredManifest{.path = manifest.path, .kind = manifest.kind});
      return {};
    });
  }

  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      if (!write.state.manifests.contains(version.manifest_hash.hex)) {
        return NoSuchManifest(version.manifest_hash);
      }
      write.state.links.insert(version);
      write.PutTag(version, "dev");
      return {};
    });
  }

  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      if (!write.state.links.contains(version)) return NotLinked(version);
      if (BecomesLatest(tag, write.state.TagsOf(version.dataset))) write.PutTag(version, "latest");
      write.PutTag(version, tag.text());
      return {};
    });
  }

  Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, const JobClaim& writer,
                                              const std::vector<TableToWrite>& tables,
                                              Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<std::vector<TableRow>> {
      TIDEMARK_TRY(const auto job, write.state.FindJob(writer.job));
      if (!job) return NoSuchJob(writer.job);
      TIDEMARK_TRY(CheckClaim(writer, *job));
      for (const TableToWrite& table : tables) {
        TIDEMARK_TRY(write.AcquireTable({.version = version, .table_name = table.table_name},
                                        writer.job, table.path_if_new));
      }
      std::vector<TableRow> rows;
      for (const TableToWrite& table : tables) {
        const TableKey key{.version = version, .table_name = table.table_name};
        rows.push_back(write.state.MakeTableRow(key, write.state.tables.at(key)));
      }
      return rows;
    });
  }

  Result<std::vector<FileId>> CommitFiles(const JobClaim& writer, const std::vector<NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(CheckSizes(files));
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<std::vector<FileId>> {
      TIDEMARK_TRY(write.CheckClaimOf(writer));
      std::vector<FileId> ids;
      for (const NewFile& file : files) {
        TIDEMARK_TRY(const FileId id, write.CommitFile(writer.job, file));
        ids.push_back(id);
      }
      return ids;
    });
  }

  Result<LocationId> RegisterRevision(const TableLocation& location, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<LocationId> {
      return write.FindOrAddRevision(
          {.version = location.version, .table_name = location.table_name}, location.path);
    });
  }

  Result<std::uint64_t> RestoreFiles(LocationId location, const std::vector<NewFile>& files,
                                     Deadline deadline) override {
    TIDEMARK_TRY(CheckSizes(files));
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<std::uint64_t> {
      if (!write.state.revisions.contains(location)) return NoSuchLocation(location);
      std::set<std::string, std::less<>> names;
      for (const auto& file : write.state.files[location]) names.insert(file->file_name);
      std::uint64_t added = 0;
      for (const NewFile& file : files) {
        if (write.IsCondemned(location, file.file_name)) continue;
        if (!names.insert(file.file_name).second) continue;
        write.AddFile(location, file);
        ++added;
      }
      return added;
    });
  }

  Status ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                          LocationId revision, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      if (!write.state.revisions.contains(revision)) return NoSuchLocation(revision);
      const TableKey key{.version = version, .table_name = std::string(table_name)};
      write.Activate(write.state.tables[key], revision);
      return {};
    });
  }

  Status DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                         Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      const auto found =
          write.state.tables.find({.version = version, .table_name = std::string(table_name)});
      if (found == write.state.tables.end()) return NoSuchTable(version, table_name);
      write.Activate(found->second, std::nullopt);
      return {};
    });
  }

  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    return Apply(deadline,
                 [&](const MemoryWrite& write) { return write.ScheduleJob(node_id, descriptor); });
  }

  Status TransitionJob(const JobClaim& claim, JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override {
    TIDEMARK_TRY(CheckDetail(transition, detail));
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      TIDEMARK_TRY(const auto job, write.state.FindJob(claim.job));
      if (!job) return NoSuchJob(claim.job);
      TIDEMARK_TRY(const Outcome outcome, DecideTransition(claim, transition, *job));
      if (outcome == Outcome::kNothingToDo) return {};
      TIDEMARK_TRY(const auto stored_detail, DetailAfter(transition, *job, detail));
      write.EnterState(job->id, job->node_id, TargetOf(transition), stored_detail);
      return {};
    });
  }

  Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id, SilenceLimit silence,
                                          std::size_t limit, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) {
      return write.TakeOverJobs(node_id, silence, limit);
    });
  }

  Result<std::vector<JobId>> HandOverJobs(std::string_view node_id, SilenceLimit silence,
                                          Deadline deadline) override {
    return Apply(deadline,
                 [&](const MemoryWrite& write) { return write.HandOverJobs(node_id, silence); });
  }

  Status DeleteJob(JobId id, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      TIDEMARK_TRY(const auto job, write.state.FindJob(id));
      if (!job) return {};
      TIDEMARK_TRY(CheckMayDelete(id, job->status));
      write.DeleteJob(id);
      return {};
    });
  }

  Result<std::uint64_t> DeleteJobs(const std::vector<JobStatus>& statuses,
                                   Deadline deadline) override {
    TIDEMARK_TRY(CheckAreTerminal(statuses));
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<std::uint64_t> {
      std::vector<JobId> ids;
      for (const auto& [id, status] : write.state.statuses) {
        const JobStatus present = ParseJobStatus(status.status);
        const bool is_job = write.state.jobs.contains(id);
        if (is_job && std::ranges::find(statuses, present) != statuses.end()) ids.push_back(id);
      }
      for (const JobId id : ids) write.DeleteJob(id);
      return ids.size();
    });
  }

  Result<UtcTime> RegisterWorker(std::string_view node_id, std::string_view info_json,
                                 Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<UtcTime> {
      StoredWorker& worker =
          write.state.workers
              .try_emplace(
                  std::string(node_id),
                  StoredWorker{
                      .heartbeat_at = {}, .created_at = write.now, .registered_at = {}, .info = {}})
              .first->second;
      UtcTime registered_at = write.time;
      if (const auto former = ReadStoredTime("registered_at", worker.registered_at)) {
        registered_at = RegistrationAfter(*former, write.time);
      }
      worker.info = info_json;
      worker.heartbeat_at = write.now;
      worker.registered_at = FormatRfc3339(registered_at);
      return registered_at;
    });
  }

  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      const auto found = write.state.workers.find(node_id);
      if (found == write.state.workers.end()) return NoSuchWorker(node_id);
      found->second.heartbeat_at = write.now;
      return {};
    });
  }

  Result<bool> LeaseChainHead(std::string_view network, std::string_view owner,
                              std::chrono::milliseconds duration, Deadline deadline) override {
    TIDEMARK_TRY(CheckLeaseDuration(duration));
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<bool> {
      auto& leases = write.state.leases;
      const auto found = leases.find(network);
      const auto present = found == leases.end() ? std::nullopt : std::optional(found->second);
      if (!MayLease(owner, present, write.time)) return false;
      leases[std::string(network)] = {.owner = std::string(owner),
                                      .expires_at = write.time + duration};
      return true;
    });
  }

  Status PutChainHead(const ChainHeadRow& head, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      ChainHeadRow& stored = write.state.heads[{.network = head.network, .tag = head.tag}];
      auto found = head.found ? head.found : stored.found;
      stored = head;
      stored.checked_at = std::chrono::floor<std::chrono::microseconds>(head.checked_at);
      if (found) {
        found->observed_at = std::chrono::floor<std::chrono::microseconds>(found->observed_at);
      }
      stored.found = found;
      return {};
    });
  }

  Result<FileId> ReplaceFiles(const JobClaim& writer, const NewFile& file,
                              const std::vector<FileId>& parents, CollectionDelay delay,
                              Deadline deadline) override {
    TIDEMARK_TRY(CheckSizes({file}));
    return Apply(deadline, [&](const MemoryWrite& write) {
      return write.ReplaceFiles(writer, file, parents, delay);
    });
  }

  Status ScheduleCollection(LocationId location, std::uint64_t version,
                            const std::vector<FileId>& files, CollectionDelay delay,
                            Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) {
      return write.ScheduleCollection(location, version, files, delay);
    });
  }

  Status RemoveFiles(const std::optional<JobClaim>& writer, const FileRemoval& removal,
                     Deadline deadline) override {
    return Apply(deadline,
                 [&](const MemoryWrite& write) { return write.RemoveFiles(writer, removal); });
  }

  Result<std::uint64_t> CondemnObjects(LocationId location,
                                       const std::vector<std::string>& file_names,
                                       Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) {
      return write.CondemnObjects(location, file_names);
    });
  }

  Status ForgetObjects(const std::vector<CondemnedObject>& objects, Deadline deadline) override {
    return Apply(deadline, [&](const MemoryWrite& write) -> Status {
      write.ForgetObjects(objects);
      return {};
    });
  }

  Result<std::uint64_t> PruneFeed(std::chrono::milliseconds keep, Deadline deadline) override {
    TIDEMARK_TRY(const auto bounded, BoundKeep(keep));
    return Apply(deadline, [&](const MemoryWrite& write) -> Result<std::uint64_t> {
      return metadata_db::PruneFeed(write.state.feed, write.time - bounded);
    });
  }

 private:
  // Readers hold the state that they were opened on, so it is replaced, never changed.
  template <class Body>
  std::invoke_result_t<Body, const MemoryWrite&> Apply(Deadline deadline, const Body& body) {
    TIDEMARK_TRY(CheckDeadline(deadline));
    const MutexLock lock(mutex_);
    auto next = std::make_shared<MemoryState>(*state_);
    // Databases keep microseconds.
    const UtcTime time = std::chrono::floor<std::chrono::microseconds>(clock_.Now());
    auto result = body(MemoryWrite{.state = *next, .time = time, .now = FormatRfc3339(time)});
    if (result) {
      RecordChanges(*state_, *next, time);
      state_ = std::move(next);
    }
    return result;
  }

  const Clock& clock_;
  Mutex mutex_;
  std::shared_ptr<const MemoryState> state_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<MetadataStore> MakeMemoryStore(const Clock& clock) {
  return std::make_unique<MemoryStore>(clock, MemoryState());
}

Result<std::unique_ptr<MetadataStore>> MakeMemoryStore(const Clock& clock, const MemoryRows& rows) {
  TIDEMARK_TRY(MemoryState state, LoadMemoryRows(rows, clock.Now()));
  return std::make_unique<MemoryStore>(clock, std::move(state));
}

}  // namespace tidemark::metadata_db
