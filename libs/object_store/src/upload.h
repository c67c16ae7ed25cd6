// Where the bytes of an object of a remote store go before it is one.
#pragma once

#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::object_store {

/// Nothing can be seen of it before Complete. Destroying one that is not completed leaves no object
/// that was not there, unless the store does later what it had not answered.
class Upload {
 public:
  Upload() = default;
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;
  virtual ~Upload() = default;

  /// Errors: kUnavailable; kInvalidArgument for more than the store takes.
  virtual Status Append(std::string_view bytes) = 0;
  /// Once. Errors: kUnavailable; kConflict where the store can tell that an object has the path.
  virtual Status Complete() = 0;
};

}  // namespace tidemark::object_store
