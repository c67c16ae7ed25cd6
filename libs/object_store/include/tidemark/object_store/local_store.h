// Objects as files below one folder of this machine.
#pragma once

#include <filesystem>
#include <memory>

#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::object_store {

/// Opens `root`, creating it if it is not there. A write goes to a temporary file beside its
/// target, is synced, linked or renamed into place, and its folder is synced, so that a crash
/// leaves the old state or the new one.
///
/// Only regular files are objects: symbolic links, pipes and devices are not there, and List does
/// not go through a link to a folder. A killed process leaves its temporary files, named
/// ".tidemark-tmp-" and 16 hex digits: no function shows them, and no path may have a segment that
/// starts so.
///
/// With StoreAccess::kReadOnly nothing is created and nothing tried: the folder need not be there,
/// and until it is, every call is kUnavailable. Writing is then kInvalidArgument.
///
/// The e_tag is inode, modification time and size: it changes when an object is replaced.
/// Errors: kUnavailable if the folder cannot be created or written to.
Result<std::unique_ptr<ObjectStore>> OpenLocalStore(const std::filesystem::path& root,
                                                    StoreAccess access = StoreAccess::kReadWrite);

}  // namespace tidemark::object_store
