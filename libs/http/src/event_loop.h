// Tells who has something to do: the server's epoll loop. A poll costs the kernel's work and little
// else, so the server has a loop of its own: Asio's looks at a socket once more before it waits for
// it, and its coroutines take memory for each wait.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include <boost/system/error_code.hpp>

#include "tidemark/base/clock.h"
#include "tidemark/base/file_descriptor.h"
#include "tidemark/base/mutex.h"

namespace tidemark::http {

/// Runs on one thread, in turns: it waits until something is ready, tells everybody whose it is,
/// runs what was posted and what is due, and ends the turn.
class EventLoop {
 public:
  /// Somebody with a descriptor. Must outlive the turn in which it is removed.
  class Watched {
   public:
    Watched() = default;
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    virtual ~Watched() = default;

    /// `events`: as of epoll_wait.
    virtual void OnReady(std::uint32_t events) = 0;
  };

  EventLoop() = default;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() = default;

  /// Before anything else.
  /// Fails if there is no file descriptor left.
  boost::system::error_code Open();

  /// Runs turns on the calling thread until Stop; `end_turn` ends each.
  void Run(const std::function<void()>& end_turn);

  /// Calls `function` on the loop's thread in a turn that begins after this call. On any thread,
  /// and before the loop runs. What is posted when it has stopped is not called.
  void Post(std::move_only_function<void()> function);

  // All others: on the loop's thread, or before it runs.

  /// Tells `watched` when the descriptor becomes ready for one of `events`, as epoll_ctl has them.
  boost::system::error_code Add(const FileDescriptor& descriptor, std::uint32_t events,
                                Watched& watched);
  /// Of one that was added.
  void Change(const FileDescriptor& descriptor, std::uint32_t events, Watched& watched);
  /// Before it is closed: a process that is just being forked may keep it open for a moment.
  void Remove(const FileDescriptor& descriptor);

  /// Calls `function` once, in the first turn that begins `delay` from now.
  void CallAfter(std::chrono::milliseconds delay, std::move_only_function<void()> function);

  /// The next turn does not wait.
  void HasMoreToDo() { has_more_to_do_ = true; }

  /// Ends Run when this turn ends.
  void Stop() { is_stopped_ = true; }

  /// When this turn began, or the loop was opened.
  SteadyTime now() const { return now_; }

  bool IsOnItsThread() const { return std::this_thread::get_id() == thread_; }

 private:
  struct Timer {
    SteadyTime due;
    std::move_only_function<void()> function;
  };

  int WaitLimit() const;
  void RunPosted();
  void RunDue();

  FileDescriptor epoll_;
  FileDescriptor wake_;
  SteadyTime now_;
  bool has_more_to_do_ = false;
  bool is_stopped_ = false;
  std::thread::id thread_;
  std::vector<Timer> timers_;  // A few.
  std::vector<std::move_only_function<void()>> running_;
  Mutex mutex_;
  std::vector<std::move_only_function<void()>> posted_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::http
