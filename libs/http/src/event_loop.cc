#include "event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace tidemark::http {
namespace {

// What one look may tell at once.
constexpr std::size_t kMaxEvents = 512;

boost::system::error_code LastError() { return {errno, boost::system::system_category()}; }

}  // namespace

boost::system::error_code EventLoop::Open() {
  now_ = std::chrono::steady_clock::now();
  epoll_ = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_.is_open()) return LastError();
  wake_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_.is_open()) return LastError();
  // Each write is told, so nobody has to read.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_.number(), &event) != 0) return LastError();
  return {};
}

boost::system::error_code EventLoop::Add(const FileDescriptor& descriptor, std::uint32_t events,
                                         Watched& watched) {
  epoll_event event{.events = events, .data = {.ptr = &watched}};
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor.number(), &event) != 0) {
    return LastError();
  }
  return {};
}

void EventLoop::Change(const FileDescriptor& descriptor, std::uint32_t events, Watched& watched) {
  epoll_event event{.events = events, .data = {.ptr = &watched}};
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, descriptor.number(), &event);
}

void EventLoop::Remove(const FileDescriptor& descriptor) {
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor.number(), nullptr);
}

void EventLoop::Post(std::move_only_function<void()> function) {
  bool is_first = false;
  {
    const MutexLock lock(mutex_);
    is_first = posted_.empty();
    posted_.push_back(std::move(function));
  }
  // The counter is far from its limit, so this cannot fail.
  if (is_first) static_cast<void>(::eventfd_write(wake_.number(), 1));
}

void EventLoop::CallAfter(std::chrono::milliseconds delay,
                          std::move_only_function<void()> function) {
  timers_.push_back(
      {.due = std::chrono::steady_clock::now() + delay, .function = std::move(function)});
}

int EventLoop::WaitLimit() const {
  if (has_more_to_do_) return 0;
  const auto next = std::ranges::min_element(timers_, {}, &Timer::due);
  if (next == timers_.end()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next->due - now_);
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void EventLoop::RunPosted() {
  {
    const MutexLock lock(mutex_);
    running_.swap(posted_);
  }
  for (auto& function : running_) function();
  running_.clear();
}

void EventLoop::RunDue() {
  const auto is_due = [this](const Timer& timer) { return timer.due <= now_; };
  if (std::ranges::none_of(timers_, is_due)) return;
  std::vector<Timer> due;
  for (Timer& timer : timers_) {
    if (is_due(timer)) due.push_back(std::move(timer));
  }
  std::erase_if(timers_, is_due);
  for (Timer& timer : due) timer.function();
}

void EventLoop::Run(const std::function<void()>& end_turn) {
  thread_ = std::this_thread::get_id();
  std::array<epoll_event, kMaxEvents> events;
  while (!is_stopped_) {
    const int limit_ms = WaitLimit();
    has_more_to_do_ = false;
    // Negative if a signal came: a turn with nothing to tell.
    const int count = ::epoll_wait(epoll_.number(), events.data(), kMaxEvents, limit_ms);
    now_ = std::chrono::steady_clock::now();
    bool is_woken = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        is_woken = true;
      } else {
        static_cast<Watched*>(event.data.ptr)->OnReady(event.events);
      }
    }
    if (is_woken) RunPosted();
    RunDue();
    end_turn();
  }
}

}  // namespace tidemark::http
