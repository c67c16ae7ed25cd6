#include "shortcut_inbox.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace tidemark::http {

void ShortcutInbox::Deliver(Waiter& waiter, SharedReply reply) {
  waiter.reply = std::move(reply);
  bool is_first = false;
  {
    const MutexLock lock(mutex_);
    is_first = delivered_.empty();
    delivered_.push_back(&waiter);
  }
  if (is_first) asio::post(io_, [this] { ResumeAll(); });
}

void ShortcutInbox::ResumeAll() {
  {
    const MutexLock lock(mutex_);
    resuming_.swap(delivered_);
  }
  // A waiter may be gone as soon as it is resumed.
  for (Waiter* waiter : resuming_) std::exchange(waiter->resume, nullptr)();
  resuming_.clear();
}

}  // namespace tidemark::http
