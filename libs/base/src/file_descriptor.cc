#include "tidemark/base/file_descriptor.h"

#include <unistd.h>

namespace tidemark {

void FileDescriptor::Close() {
  // What matters was synced before; a descriptor is gone even if close() reports a failure.
  if (is_open()) ::close(std::exchange(number_, -1));
}

}  // namespace tidemark
