#include "restore.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "footer_batch.h"
#include "tidemark/base/log.h"
#include "tidemark/base/metrics.h"
#include "tidemark/base/random.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::data_store {
namespace {

using metadata_db::NewFile;
using object_store::ObjectInfo;
using object_store::ObjectStore;
using Kind = FooterResult::Kind;

// Together they bound what a batch holds: 128 footers of 256 KiB. Larger ones go one by one.
constexpr std::size_t kBatchFiles = 128;
constexpr std::uint64_t kSmallFooterBytes = 256ULL << 10U;
// The others are counted; each is in the log.
constexpr std::size_t kNamedFiles = 20;

void Quarantine(RestoredFiles& restored, const std::string& path, std::string reason) {
  static Counter& counter = ProcessMetrics().GetCounter(
      {.name = "tidemark_quarantined_objects_total",
       .help = "Objects in storage that were left out when their revision was restored."});
  counter.Add();
  Log(LogLevel::kWarning, "file_not_restored", {{"path", path}, {"reason", reason}});
  if (++restored.unreadable_count <= kNamedFiles) {
    restored.unreadable.push_back({.path = path, .reason = std::move(reason)});
  }
}

/// Of the objects in a revision's folder those that may be segments. The rest is quarantined.
std::vector<ObjectInfo> SelectParquet(std::vector<ObjectInfo> objects, std::string_view folder,
                                      RestoredFiles& restored) {
  std::erase_if(objects, [&](const ObjectInfo& object) {
    if (object.path.find('/', folder.size() + 1) != std::string::npos) {
      Quarantine(restored, object.path, "it lies in a folder of the revision");
      return true;
    }
    if (!object.path.ends_with(".parquet")) {
      Quarantine(restored, object.path, "its name does not end in .parquet");
      return true;
    }
    return false;
  });
  return objects;
}

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Whether a failure to register is that of a file, not of the database.
bool IsOfFile(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kCorruption;
}

class Restore {
 public:
  Restore(metadata_db::MetadataStore& store, ObjectStore& data, const RestoreTarget& target,
          Deadline deadline)
      : store_(store), data_(data), target_(target), deadline_(deadline) {}

  Result<RestoredFiles> Run();

 private:
  Result<std::unordered_set<std::string>> ReadKnownNames();
  Status RestoreBatch(std::span<const ObjectInfo> objects, std::uint64_t limit_bytes);
  Status Register(const std::vector<NewFile>& files);
  NewFile MakeFile(const ObjectInfo& object, parquet_io::SegmentFooter footer) const;

  metadata_db::MetadataStore& store_;
  ObjectStore& data_;
  const RestoreTarget& target_;
  const Deadline deadline_;
  RestoredFiles restored_;
};

Result<RestoredFiles> Restore::Run() {
  TIDEMARK_TRY(const auto known, ReadKnownNames());
  TIDEMARK_TRY(auto listed, data_.List(target_.path));
  std::vector<ObjectInfo> objects = SelectParquet(std::move(listed), target_.path, restored_);
  restored_.total_files = std::erase_if(objects, [&](const ObjectInfo& object) {
    return known.contains(std::string(NameOf(object.path)));
  });
  for (std::size_t begin = 0; begin < objects.size(); begin += kBatchFiles) {
    const std::size_t size = std::min(kBatchFiles, objects.size() - begin);
    Status done = RestoreBatch(std::span(objects).subspan(begin, size), kSmallFooterBytes);
    if (!done) {
      return WithContext(fmt::format("{} has {} of its files; ask again for the rest", target_.path,
                                     restored_.total_files),
                         std::move(done).error());
    }
  }
  Log(LogLevel::kInfo, "revision_restored",
      {{"location_id", target_.location.value},
       {"path", target_.path},
       {"added", restored_.added_files},
       {"total", restored_.total_files},
       {"unreadable", restored_.unreadable_count}});
  return std::move(restored_);
}

Result<std::unordered_set<std::string>> Restore::ReadKnownNames() {
  TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline_));
  TIDEMARK_TRY(auto rows, reader->ListFiles(target_.location));
  std::unordered_set<std::string> names;
  for (metadata_db::FileRow& row : rows) names.insert(std::move(row.file_name));
  return names;
}

Status Restore::RestoreBatch(std::span<const ObjectInfo> objects, std::uint64_t limit_bytes) {
  TIDEMARK_TRY(
      auto results,
      ReadFooters(data_, objects, {.table_name = target_.table_name, .limit_bytes = limit_bytes},
                  deadline_));
  std::vector<NewFile> files;
  std::vector<ObjectInfo> large;
  for (std::size_t i = 0; i < results.size(); ++i) {
    FooterResult& result = results[i];
    switch (result.kind) {
      case Kind::kSegment:
        files.push_back(MakeFile(objects[i], std::move(result.footer)));
        break;
      case Kind::kUnreadable:
        Quarantine(restored_, objects[i].path, std::move(result.reason));
        break;
      case Kind::kLarge:
        large.push_back(objects[i]);
        break;
      case Kind::kGone:
        break;
    }
  }
  TIDEMARK_TRY(Register(files));
  files.clear();
  // No footer is over this limit, so this ends.
  for (const ObjectInfo& object : large) {
    TIDEMARK_TRY(RestoreBatch(std::span(&object, 1), parquet_io::kMaxFooterBytes));
  }
  return {};
}

NewFile Restore::MakeFile(const ObjectInfo& object, parquet_io::SegmentFooter footer) const {
  return {.location_id = target_.location,
          .file_name = std::string(NameOf(object.path)),
          .metadata = std::move(footer.metadata_json),
          .object_size = footer.size_bytes,
          .object_e_tag = std::move(footer.e_tag),
          .url = data_.UrlOf(target_.path) + "/",
          .footer = std::move(footer.footer)};
}

Status Restore::Register(const std::vector<NewFile>& files) {
  if (files.empty()) return {};
  const auto added = store_.RestoreFiles(target_.location, files, deadline_);
  if (added) {
    restored_.added_files += *added;
    restored_.total_files += files.size();
    return {};
  }
  if (!IsOfFile(added.error())) return std::unexpected(added.error());
  // One file that the database cannot hold must not keep its neighbours out.
  if (files.size() == 1) {
    Quarantine(restored_, fmt::format("{}/{}", target_.path, files.front().file_name),
               added.error().message);
    return {};
  }
  for (const NewFile& file : files) TIDEMARK_TRY(Register({file}));
  return {};
}

/// Whether there is a segment of the table in the folder.
Result<bool> HasSegment(ObjectStore& data, const std::string& folder, std::string_view table_name,
                        RestoredFiles& unreadable, Deadline deadline) {
  TIDEMARK_TRY(auto listed, data.List(folder));
  const auto objects = SelectParquet(std::move(listed), folder, unreadable);
  for (const ObjectInfo& object : objects) {
    TIDEMARK_TRY(auto results,
                 ReadFooters(data, std::span(&object, 1), {.table_name = table_name}, deadline));
    FooterResult& result = results.front();
    if (result.kind == Kind::kSegment) return true;
    if (result.kind != Kind::kGone) {
      Quarantine(unreadable, object.path, std::move(result.reason));
    }
  }
  return false;
}

}  // namespace

Result<RestoredFiles> RestoreRevision(metadata_db::MetadataStore& store, ObjectStore& data,
                                      const RestoreTarget& target, Deadline deadline) {
  return Restore(store, data, target, deadline).Run();
}

Result<std::string> FindNewestRevision(ObjectStore& data, const TablePlace& table,
                                       RestoredFiles& unreadable, Deadline deadline) {
  TIDEMARK_TRY(auto folders, data.ListFolders(table.path));
  std::erase_if(folders, [](const std::string& name) { return !IsUuidV7(name); });
  std::ranges::sort(folders, std::ranges::greater());
  for (const std::string& folder : folders) {
    std::string path = fmt::format("{}/{}", table.path, folder);
    RestoredFiles junk;
    TIDEMARK_TRY(const bool is_revision, HasSegment(data, path, table.table_name, junk, deadline));
    // What is wrong in the chosen one, restoring it will say.
    if (is_revision) return path;
    unreadable.unreadable_count += junk.unreadable_count;
    std::ranges::move(junk.unreadable, std::back_inserter(unreadable.unreadable));
    if (unreadable.unreadable.size() > kNamedFiles) unreadable.unreadable.resize(kNamedFiles);
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("storage has no revision with a readable file in {}", table.path));
}

}  // namespace tidemark::data_store
