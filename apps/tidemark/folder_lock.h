// One process a folder.
#pragma once

#include <filesystem>

#include "tidemark/base/result.h"

namespace tidemark::app {

/// Holds a folder for this process until it is destroyed; the kernel lets go if the process dies.
class FolderLock {
 public:
  /// Creates the folder if it is not there.
  /// Errors: kUnavailable if the folder cannot be created or written to, or if another process
  /// holds it.
  static Result<FolderLock> Acquire(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  // -1 after a move.
};

}  // namespace tidemark::app
