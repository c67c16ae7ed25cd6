// The system calls of the local store, with their failures as our errors.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "tidemark/base/result.h"

namespace tidemark::object_store {

/// An open file, closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void Close();

 private:
  int number_ = -1;
};

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
