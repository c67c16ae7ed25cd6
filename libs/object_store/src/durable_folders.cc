#include "durable_folders.h"

#include <sys/stat.h>

#include "posix_file.h"

namespace tidemark::object_store {

bool DurableFolders::IsKnown(const std::string& folder) {
  const MutexLock lock(mutex_);
  return known_.contains(folder);
}

Status DurableFolders::Make(std::string_view folder, std::string_view trusted_root) {
  if (folder.size() <= trusted_root.size()) return {};
  TIDEMARK_TRY(Make(ParentOf(folder), trusted_root));
  const std::string name(folder);
  const bool is_new = ::mkdir(name.c_str(), 0777) == 0;
  if (!is_new && errno != EEXIST) return SystemError("create the folder", name, errno);
  // Somebody else may have made it a moment ago and not have synced it yet. A sync of an unchanged
  // folder still flushes the disk's cache, so it is done once a folder and not once an object.
  if (!is_new && IsKnown(name)) return {};
  TIDEMARK_TRY(SyncFolder(ParentOf(name)));
  const MutexLock lock(mutex_);
  known_.insert(name);
  return {};
}

}  // namespace tidemark::object_store
