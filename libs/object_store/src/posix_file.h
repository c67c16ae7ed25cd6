// The system calls of the local store, with their failures as our errors.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "tidemark/base/file_descriptor.h"
#include "tidemark/base/result.h"

namespace tidemark::object_store {

/// Calls again as long as a signal interrupts the call.
template <class Call>
auto RetryInterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// The failure that `error_number` (of errno) stands for: "cannot <verb> <file>: <reason>".
/// kInvalidArgument for a name that is too long, else kUnavailable.
std::unexpected<Error> SystemError(std::string_view verb, std::string_view file, int error_number);

/// True for the error numbers that say that no file has this path.
bool IsNotThere(int error_number);

/// Errors: kUnavailable.
Status WriteAll(const FileDescriptor& descriptor, std::string_view bytes, std::string_view file);

/// Makes the entries of a folder durable.
/// Errors: kUnavailable.
Status SyncFolder(const std::string& folder);

/// The folder that `file`, an absolute path, is in.
std::string ParentOf(std::string_view file);

}  // namespace tidemark::object_store
