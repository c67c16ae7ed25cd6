// The buffers that answers are parsed in, as the connections of a node share them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rpc_answer.h"
#include "rpc_call.h"
#include "tidemark/base/mutex.h"

namespace tidemark::providers {

/// Parses as many answers at once as the machine has cores: one more would not be faster, and a
/// reader keeps some five bytes for each byte of its longest answer. Thread-safe.
class ReaderPool {
 public:
  ReaderPool();

  /// As AnswerReader::Read; waits while others parse.
  RpcAnswer Read(std::string body, std::span<const RpcCall> calls);

 private:
  /// A reader for as long as it lives, whatever happens meanwhile.
  class Lease;

  std::unique_ptr<AnswerReader> Take();
  void Return(std::unique_ptr<AnswerReader> reader);

  const std::size_t readers_max_;
  Mutex mutex_;
  CondVar returned_;
  std::vector<std::unique_ptr<AnswerReader>> idle_ TIDEMARK_GUARDED_BY(mutex_);
  std::size_t in_use_ TIDEMARK_GUARDED_BY(mutex_) = 0;
};

}  // namespace tidemark::providers
