// Folders that a crash cannot take away again.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"

namespace tidemark::object_store {

/// Makes folders, and remembers which ones are known to be durable. Thread-safe.
class DurableFolders {
 public:
  /// Makes an absolute folder and those between `trusted_root` and it, as far as they are not
  /// there, and makes the entry of each durable in the one above. The root itself is never made:
  /// what is mounted there later would hide what had been written below it. Errors: kUnavailable;
  /// kInvalidArgument if a name is too long.
  Status Make(std::string_view folder, std::string_view trusted_root);

 private:
  bool IsKnown(const std::string& folder);

  Mutex mutex_;
  std::set<std::string> known_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::object_store
