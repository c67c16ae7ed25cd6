// An object store behind one of Arrow's remote file systems.
#pragma once

#include <cstdint>
#include <memory>

#include <arrow/filesystem/filesystem.h>

#include "remote_place.h"
#include "s3_client.h"
#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::object_store {

/// What a list that does not go down shows.
enum class RemoteListing : std::uint8_t {
  kFolders,
  kObjectsAlone,  // Folders are found by listing all that is in them.
};

struct RemoteFileSystem {
  RemotePlace place;
  std::shared_ptr<arrow::fs::FileSystem> files;
  /// Of S3: writes its objects. Of the others Arrow shows one too early, or finishes one that is
  /// given up: a temporary file on this machine holds all of it until the end.
  std::shared_ptr<S3Client> s3;
  RemoteListing listing = RemoteListing::kFolders;
};

/// What Arrow's interface does not let it keep of ObjectStore's word, but over S3: it knows no
/// conditional write, so an object that somebody else puts there between the look at the path and
/// the write that follows at once is replaced. Deleting the last object of a folder leaves S3 a
/// marker of that folder, "folder/", which is no object here.
std::unique_ptr<ObjectStore> MakeRemoteStore(RemoteFileSystem remote, StoreAccess access);

}  // namespace tidemark::object_store
