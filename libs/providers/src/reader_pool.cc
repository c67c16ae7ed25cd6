#include "reader_pool.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace tidemark::providers {

class ReaderPool::Lease {
 public:
  explicit Lease(ReaderPool& pool) : pool_(pool), reader_(pool.Take()) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { pool_.Return(std::move(reader_)); }

  AnswerReader& operator*() const { return *reader_; }

 private:
  ReaderPool& pool_;
  std::unique_ptr<AnswerReader> reader_;
};

ReaderPool::ReaderPool()
    : readers_max_(std::max<std::size_t>(std::thread::hardware_concurrency(), 1)) {}

RpcAnswer ReaderPool::Read(std::string body, std::span<const RpcCall> calls) {
  const Lease reader(*this);
  return (*reader).Read(std::move(body), calls);
}

std::unique_ptr<AnswerReader> ReaderPool::Take() {
  const MutexLock lock(mutex_);
  while (in_use_ == readers_max_) returned_.Wait(mutex_);
  if (idle_.empty()) {
    idle_.reserve(readers_max_);  // So that Return cannot fail.
    idle_.push_back(std::make_unique<AnswerReader>());
  }
  std::unique_ptr<AnswerReader> reader = std::move(idle_.back());
  idle_.pop_back();
  ++in_use_;
  return reader;
}

void ReaderPool::Return(std::unique_ptr<AnswerReader> reader) {
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(reader));
  --in_use_;
  returned_.NotifyOne();
}

}  // namespace tidemark::providers
