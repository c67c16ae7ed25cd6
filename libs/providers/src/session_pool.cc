#include "session_pool.h"

#include <span>
#include <utility>

#include "rpc_error.h"

namespace tidemark::providers {

SessionPool::Lease::Lease(SessionPool& pool, std::unique_ptr<RpcSession> session)
    : pool_(&pool), session_(std::move(session)) {}

SessionPool::Lease::~Lease() {
  if (session_) pool_->Return(std::move(session_));
}

SessionPool::SessionPool(RpcNode& node, std::size_t sessions_max)
    : node_(node), sessions_max_(sessions_max) {}

bool SessionPool::CanTake(Urgency urgency) const {
  return in_use_ < sessions_max_ && (urgency == Urgency::kHead || waiting_heads_ == 0);
}

Result<SessionPool::Lease> SessionPool::Take(Urgency urgency, const RpcCall& call,
                                             const Patience& patience) {
  // Takes the mutex, so that a request cannot fall between the look at the token and the wait.
  const std::stop_callback wake(patience.stop, [this] {
    {
      const MutexLock lock(mutex_);
    }
    changed_.NotifyAll();
  });
  std::unique_ptr<RpcSession> session;
  {
    const MutexLock lock(mutex_);
    const std::size_t as_head = urgency == Urgency::kHead ? 1 : 0;
    waiting_heads_ += as_head;
    while (!CanTake(urgency) && !patience.stop.stop_requested() && !patience.deadline.HasPassed()) {
      changed_.WaitUntil(mutex_, patience.deadline);
    }
    waiting_heads_ -= as_head;
    if (!CanTake(urgency) || patience.stop.stop_requested()) {
      changed_.NotifyAll();  // Whoever waited for this head to go first.
      return std::unexpected(NodeError(ErrorCode::kUnavailable, node_, std::span(&call, 1),
                                       patience.stop.stop_requested()
                                           ? "stopped"
                                           : "no connection was free before the deadline"));
    }
    ++in_use_;
    if (!idle_.empty()) {
      session = std::move(idle_.back());
      idle_.pop_back();
    }
    changed_.NotifyAll();
  }
  if (!session) session = std::make_unique<RpcSession>(node_);
  return Lease(*this, std::move(session));
}

void SessionPool::Return(std::unique_ptr<RpcSession> session) {
  {
    const MutexLock lock(mutex_);
    --in_use_;
    idle_.push_back(std::move(session));
  }
  changed_.NotifyAll();
}

}  // namespace tidemark::providers
