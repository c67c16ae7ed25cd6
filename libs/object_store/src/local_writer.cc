#include "local_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

#include "folder_entry.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/random.h"
#include "tidemark/object_store/object_path.h"

namespace tidemark::object_store {
namespace {

Status SyncPublished(const std::string& folder) {
  TIDEMARK_FAILPOINT("object.before_folder_sync");
  return SyncFolder(folder);
}

}  // namespace

Result<std::unique_ptr<ObjectWriter>> LocalWriter::Open(Target target) {
  std::string temporary =
      fmt::format("{}/{}{:016x}", ParentOf(target.file), kTemporaryPrefix, RandomU64());
  FileDescriptor descriptor(RetryInterrupted([&] {
    return ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  }));
  if (!descriptor.is_open()) return SystemError("create a file for", target.file, errno);
  return std::make_unique<LocalWriter>(std::move(target), std::move(temporary),
                                       std::move(descriptor));
}

LocalWriter::LocalWriter(Target target, std::string temporary, FileDescriptor descriptor)
    : target_(std::move(target)),
      temporary_(std::move(temporary)),
      descriptor_(std::move(descriptor)) {}

LocalWriter::~LocalWriter() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status LocalWriter::Append(std::string_view bytes) {
  if (failure_) return std::unexpected(*failure_);
  if (!descriptor_.is_open()) {
    return MakeError(ErrorCode::kInternal, "append to the finished object " + target_.file);
  }
  Status written = WriteAll(descriptor_, bytes, target_.file);
  if (!written) failure_ = written.error();
  size_bytes_ += bytes.size();
  return written;
}

Status LocalWriter::Publish() {
  if (target_.if_exists == IfExists::kReplace) {
    if (::rename(temporary_.c_str(), target_.file.c_str()) != 0) {
      return SystemError("write", target_.file, errno);
    }
  } else {
    // Unlike a rename, a link never replaces: of two writers one fails, whatever the timing.
    if (::link(temporary_.c_str(), target_.file.c_str()) != 0) {
      if (errno != EEXIST) return SystemError("write", target_.file, errno);
      return MakeError(ErrorCode::kConflict, "there is already an object " + target_.file);
    }
    TIDEMARK_FAILPOINT_NO_THROW("object.linked");
    ::unlink(temporary_.c_str());
  }
  temporary_.clear();
  Status synced = SyncPublished(ParentOf(target_.file));
  // An object that may be gone after a crash must not be taken for one, nor stop a second attempt.
  if (!synced && target_.if_exists == IfExists::kFail) ::unlink(target_.file.c_str());
  return synced;
}

Result<ObjectInfo> LocalWriter::Finish() {
  if (failure_) return std::unexpected(*failure_);
  if (!descriptor_.is_open()) {
    return MakeError(ErrorCode::kInternal, "second finish of the object " + target_.file);
  }
  TIDEMARK_FAILPOINT("object.before_sync");
  const int synced = RetryInterrupted([&] { return ::fsync(descriptor_.number()); });
  const int error_number = errno;
  descriptor_.Close();
  if (synced != 0) return SystemError("sync", target_.file, error_number);
  TIDEMARK_FAILPOINT("object.before_rename");
  TIDEMARK_TRY(Publish());
  TIDEMARK_FAILPOINT("object.before_check");
  TIDEMARK_TRY(FolderEntry entry, LookAt(target_.file, target_.path));
  if (entry.kind != FolderEntry::Kind::kObject || entry.info.size_bytes != size_bytes_) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("{} has {} bytes after {} were written", target_.file,
                                 entry.info.size_bytes, size_bytes_));
  }
  return std::move(entry.info);
}

}  // namespace tidemark::object_store
