// Where a shortcut's answers come back to the I/O thread.
#pragma once

#include <functional>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "asio_types.h"
#include "tidemark/base/mutex.h"
#include "tidemark/http/prepared_reply.h"

namespace tidemark::http {

/// Answers that come together wake the I/O thread once, however many they are: a hundred polls are
/// answered by one look at the database. Thread-safe.
class ShortcutInbox {
 public:
  /// Somebody who waits for an answer. It has to live until `resume` has been called.
  struct Waiter {
    explicit Waiter(const Executor& io) : work(io) {}

    SharedReply reply;
    std::move_only_function<void()> resume;    // Called on the I/O thread,
    asio::executor_work_guard<Executor> work;  // which must not run out of work before.
  };

  /// `io` must outlive the inbox.
  explicit ShortcutInbox(const Executor& io) : io_(io) {}

  /// Resumes the waiter on the I/O thread, soon.
  void Deliver(Waiter& waiter, SharedReply reply);

 private:
  void ResumeAll();

  const Executor io_;
  std::vector<Waiter*> resuming_;  // Of the I/O thread alone.
  Mutex mutex_;
  std::vector<Waiter*> delivered_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::http
