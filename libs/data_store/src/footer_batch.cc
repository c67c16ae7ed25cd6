#include "footer_batch.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>

#include "tidemark/base/mutex.h"

namespace tidemark::data_store {
namespace {

// A remote store takes its time for each object, and serves many at once.
constexpr std::size_t kReaders = 8;

using object_store::ObjectInfo;

/// Errors: kUnavailable, kInternal.
Result<FooterResult> ReadOne(object_store::ObjectStore& data, const ObjectInfo& object,
                             const FooterQuery& query) {
  auto footer = parquet_io::ReadSegmentFooter(
      data, {.path = object.path, .table_name = query.table_name}, query.limit_bytes);
  FooterResult result;
  if (footer) {
    result.kind = FooterResult::Kind::kSegment;
    result.footer = *std::move(footer);
    return result;
  }
  switch (footer.error().code) {
    case ErrorCode::kNotFound:
      result.kind = FooterResult::Kind::kGone;
      return result;
    case ErrorCode::kInvalidArgument:
      result.kind = FooterResult::Kind::kLarge;
      return result;
    case ErrorCode::kCorruption:
      result.kind = FooterResult::Kind::kUnreadable;
      result.reason = std::move(footer).error().message;
      return result;
    case ErrorCode::kUnavailable:
    case ErrorCode::kConflict:
    case ErrorCode::kInternal:
      break;
  }
  return std::unexpected(std::move(footer).error());
}

/// Hands out the objects of one batch to its threads, until one fails.
class Batch {
 public:
  Batch(object_store::ObjectStore& data, std::span<const ObjectInfo> objects,
        const FooterQuery& query, Deadline deadline)
      : data_(data), objects_(objects), query_(query), deadline_(deadline) {
    results_.resize(objects.size());
  }

  void Work() {
    for (std::size_t i = next_++; i < objects_.size() && !has_failed_; i = next_++) {
      if (deadline_.HasPassed()) return Fail(Error{ErrorCode::kUnavailable, "deadline has passed"});
      auto result = ReadOne(data_, objects_[i], query_);
      if (!result) return Fail(std::move(result).error());
      results_[i] = *std::move(result);
    }
  }

  Result<std::vector<FooterResult>> Take() && {
    const MutexLock lock(mutex_);
    if (failure_) return std::unexpected(*std::move(failure_));
    return std::move(results_);
  }

 private:
  void Fail(Error error) {
    const MutexLock lock(mutex_);
    if (!failure_) failure_ = std::move(error);
    has_failed_ = true;
  }

  object_store::ObjectStore& data_;
  const std::span<const ObjectInfo> objects_;
  const FooterQuery& query_;
  const Deadline deadline_;
  std::vector<FooterResult> results_;  // Each is written by the thread that has its number.
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> has_failed_ = false;
  Mutex mutex_;
  std::optional<Error> failure_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::vector<FooterResult>> ReadFooters(object_store::ObjectStore& data,
                                              std::span<const ObjectInfo> objects,
                                              const FooterQuery& query, Deadline deadline) {
  Batch batch(data, objects, query, deadline);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(kReaders, objects.size()); ++i) {
      threads.emplace_back([&batch] { batch.Work(); });
    }
    batch.Work();
  }
  return std::move(batch).Take();
}

}  // namespace tidemark::data_store
