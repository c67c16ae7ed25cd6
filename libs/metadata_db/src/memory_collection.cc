// Garbage collection in the in-memory store.
#include <algorithm>
#include <ranges>

#include "memory_write.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {

bool MemoryWrite::IsCondemned(LocationId location, const std::string& file_name) const {
  return state.condemned.contains({.location = location, .file_name = file_name});
}

Status MemoryWrite::CheckClaimOf(const JobClaim& writer) const {
  TIDEMARK_TRY(const auto job, state.FindJob(writer.job));
  if (!job) return NoSuchJob(writer.job);
  return CheckMayCommit(writer, *job);
}

Status MemoryWrite::CheckMayCollect(LocationId location, const StoredRevision& revision) const {
  RevisionWriter present{.id = revision.writer, .status = std::nullopt};
  if (revision.writer) {
    const auto status = state.statuses.find(*revision.writer);
    if (status != state.statuses.end()) present.status = ParseJobStatus(status->second.status);
  }
  return CheckNobodyWrites(location, present);
}

void MemoryWrite::Schedule(LocationId location, const std::vector<FileId>& files,
                           CollectionDelay delay) const {
  const UtcTime expiration = time + BoundDelay(delay);
  for (const FileId file : files) {
    StoredSchedule& entry =
        state.schedule
            .try_emplace(file, StoredSchedule{.location = location, .expiration = expiration})
            .first->second;
    entry.expiration = std::min(entry.expiration, expiration);
  }
}

Result<FileId> MemoryWrite::ReplaceFiles(const JobClaim& writer, const NewFile& file,
                                         const std::vector<FileId>& parents,
                                         CollectionDelay delay) const {
  TIDEMARK_TRY(CheckClaimOf(writer));
  TIDEMARK_TRY(const FileId id, CommitFile(writer.job, file));
  const bool are_there = std::ranges::all_of(parents, [&](FileId parent) {
    return parent != id && state.FindFile(file.location_id, parent) != nullptr;
  });
  if (parents.empty() || !are_there) return NoFileToReplace(file);
  Schedule(file.location_id, parents, delay);
  return id;
}

Status MemoryWrite::ScheduleCollection(LocationId location, std::uint64_t version,
                                       const std::vector<FileId>& files,
                                       CollectionDelay delay) const {
  const auto revision = state.revisions.find(location);
  if (revision == state.revisions.end()) return NoSuchLocation(location);
  TIDEMARK_TRY(CheckMayCollect(location, revision->second));
  TIDEMARK_TRY(CheckVersion(location, version, revision->second.version));
  const bool are_there = std::ranges::all_of(
      files, [&](FileId file) { return state.FindFile(location, file) != nullptr; });
  if (!are_there) return NotCollectable(location);
  Schedule(location, files, delay);
  return {};
}

Status MemoryWrite::RemoveFiles(const std::optional<JobClaim>& writer,
                                const FileRemoval& removal) const {
  const auto found = state.revisions.find(removal.location);
  if (found == state.revisions.end()) return NoSuchLocation(removal.location);
  StoredRevision& revision = found->second;
  if (writer) {
    TIDEMARK_TRY(CheckClaimOf(*writer));
    TIDEMARK_TRY(CheckIsWriter(writer->job, removal.location, revision.writer));
  } else {
    TIDEMARK_TRY(CheckMayCollect(removal.location, revision));
  }
  TIDEMARK_TRY(CheckVersion(removal.location, removal.version, revision.version));
  for (const FileId id : removal.files) {
    const auto entry = state.schedule.find(id);
    const auto file = state.FindFile(removal.location, id);
    if (!file || entry == state.schedule.end() || entry->second.expiration > time) {
      return NotCollectable(removal.location);
    }
    state.condemned[{.location = removal.location, .file_name = file->file_name}] = {
        .path = revision.path, .deleted_at = std::nullopt};
    state.schedule.erase(entry);
    std::erase(state.files.at(removal.location), file);
    state.BumpVersion(removal.location);
  }
  revision.removed_reorgs += removal.lost_reorgs;
  return {};
}

Result<std::uint64_t> MemoryWrite::CondemnObjects(
    LocationId location, const std::vector<std::string>& file_names) const {
  const auto revision = state.revisions.find(location);
  if (revision == state.revisions.end()) return NoSuchLocation(location);
  const auto& files = state.files[location];
  std::uint64_t condemned = 0;
  for (const std::string& name : file_names) {
    const bool is_named =
        std::ranges::any_of(files, [&](const auto& file) { return file->file_name == name; });
    if (is_named) continue;
    state.condemned[{.location = location, .file_name = name}] = {.path = revision->second.path,
                                                                  .deleted_at = std::nullopt};
    ++condemned;
  }
  return condemned;
}

void MemoryWrite::ForgetObjects(const std::vector<CondemnedObject>& objects) const {
  for (const CondemnedObject& object : objects) {
    const auto found =
        state.condemned.find({.location = object.location, .file_name = object.file_name});
    if (found != state.condemned.end()) found->second.deleted_at = time;
  }
  std::erase_if(state.condemned, [&](const auto& entry) {
    return entry.second.deleted_at && *entry.second.deleted_at <= time - kCondemnedKept;
  });
}

}  // namespace tidemark::metadata_db
