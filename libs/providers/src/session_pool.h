// The connections to a node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "patience.h"
#include "rpc_call.h"
#include "rpc_node.h"
#include "rpc_session.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"

namespace tidemark::providers {

/// Opens connections as they are needed, up to a limit, and keeps them for the next that asks.
/// Thread-safe; `node` outlives it.
class SessionPool {
 public:
  enum class Urgency : std::uint8_t {
    kBulk,  // Blocks: many, and each waits for its turn.
    kHead,  // Goes before any kBulk that waits, so that the head is known while blocks are fetched.
  };

  /// A session in use, returned when this ends.
  class Lease {
   public:
    Lease(SessionPool& pool, std::unique_ptr<RpcSession> session);
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    RpcSession& operator*() const { return *session_; }
    RpcSession* operator->() const { return session_.get(); }

   private:
    SessionPool* pool_;
    std::unique_ptr<RpcSession> session_;  // Null once moved from.
  };

  SessionPool(RpcNode& node, std::size_t sessions_max);

  std::size_t sessions_max() const { return sessions_max_; }

  /// Waits for a free session. `call` is what it is for, for the message.
  /// Errors: kUnavailable at the deadline or when stopped.
  Result<Lease> Take(Urgency urgency, const RpcCall& call, const Patience& patience);

 private:
  bool CanTake(Urgency urgency) const TIDEMARK_REQUIRES(mutex_);
  void Return(std::unique_ptr<RpcSession> session);

  RpcNode& node_;
  const std::size_t sessions_max_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::unique_ptr<RpcSession>> idle_ TIDEMARK_GUARDED_BY(mutex_);
  std::size_t in_use_ TIDEMARK_GUARDED_BY(mutex_) = 0;
  std::size_t waiting_heads_ TIDEMARK_GUARDED_BY(mutex_) = 0;
};

}  // namespace tidemark::providers
