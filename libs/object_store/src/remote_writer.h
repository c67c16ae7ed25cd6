// Objects of a remote store being written.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "remote_store.h"
#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::object_store {

/// The object's information as the store tells it.
using HeadFunction = std::function<Result<ObjectInfo>(std::string_view path)>;

struct RemoteTarget {
  const RemoteFileSystem& remote;  // Outlives the writer.
  HeadFunction head;
  std::string path;
  IfExists if_exists = IfExists::kFail;
};

/// Errors: kUnavailable.
Result<std::unique_ptr<ObjectWriter>> OpenRemoteWriter(RemoteTarget target);

}  // namespace tidemark::object_store
