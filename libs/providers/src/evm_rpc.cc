#include "tidemark/providers/evm_rpc.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <iterator>
#include <span>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "block_fetch.h"
#include "patience.h"
#include "rpc_error.h"
#include "rpc_node.h"
#include "session_pool.h"
#include "tidemark/base/log.h"
#include "tidemark/base/mutex.h"

namespace tidemark::providers {
namespace {

constexpr std::size_t kConnectionsMax = 64;

std::vector<BlockRange> Divide(BlockRange range, std::uint64_t blocks_each) {
  std::vector<BlockRange> parts;
  const std::uint64_t past_first = range.last().value - range.first().value;
  for (std::uint64_t i = 0; i <= past_first; i += blocks_each) {
    const std::uint64_t last = std::min(past_first, i + blocks_each - 1);
    parts.push_back(*BlockRange::Make({range.first().value + i}, {range.first().value + last}));
  }
  return parts;
}

/// The parts of one range, fetched by whoever calls Run, until all are there or one has failed.
class RangeFetch {
 public:
  RangeFetch(RpcNode& node, SessionPool& pool, std::vector<BlockRange> parts, Patience patience)
      : node_(node),
        pool_(pool),
        parts_(std::move(parts)),
        patience_({.deadline = patience.deadline, .stop = stop_.get_token()}),
        blocks_(parts_.size()),
        forward_stop_(std::move(patience.stop), [this] { stop_.request_stop(); }) {}

  std::size_t part_count() const { return parts_.size(); }

  void Run() {
    for (std::size_t i = next_++; i < parts_.size(); i = next_++) {
      if (Status status = FetchPart(i); !status) {
        const MutexLock lock(mutex_);
        // The failures after the first one are of its making.
        if (!error_) error_ = std::move(status).error();
        stop_.request_stop();
        return;
      }
    }
  }

  /// Only once every Run has returned.
  Result<std::vector<EvmBlock>> Finish() && {
    const MutexLock lock(mutex_);
    if (error_) return std::unexpected(*std::move(error_));
    if (blocks_.size() == 1) return std::move(blocks_.front());
    std::vector<EvmBlock> all;
    for (auto& blocks : blocks_) std::ranges::move(blocks, std::back_inserter(all));
    return all;
  }

 private:
  Status FetchPart(std::size_t i) {
    const RpcCall first{.method = RpcMethod::kBlock, .block = parts_[i].first()};
    TIDEMARK_TRY(auto session, pool_.Take(SessionPool::Urgency::kBulk, first, patience_));
    TIDEMARK_TRY(blocks_[i], FetchFew(node_, *session, parts_[i], patience_));
    return {};
  }

  RpcNode& node_;
  SessionPool& pool_;
  const std::vector<BlockRange> parts_;
  std::stop_source stop_;  // By the caller, or because a part has failed.
  const Patience patience_;
  std::atomic<std::size_t> next_ = 0;
  std::vector<std::vector<EvmBlock>> blocks_;  // Each written by the one thread that took its part.
  Mutex mutex_;
  std::optional<Error> error_ TIDEMARK_GUARDED_BY(mutex_);
  std::stop_callback<std::function<void()>> forward_stop_;
};

class EvmRpcSource final : public BlockSource {
 public:
  explicit EvmRpcSource(std::unique_ptr<RpcNode> node)
      : node_(std::move(node)),
        pool_(*node_, std::clamp<std::size_t>(node_->options().concurrent_request_limit, 1,
                                              kConnectionsMax)) {}

  std::string name() const override { return node_->name(); }
  Result<std::optional<std::uint64_t>> FetchChainId(Deadline deadline,
                                                    std::stop_token stop) override;
  Result<std::optional<ChainHead>> FetchHead(HeadTag tag, Deadline deadline,
                                             std::stop_token stop) override;
  Result<std::vector<EvmBlock>> FetchBlocks(BlockRange range, Deadline deadline,
                                            std::stop_token stop) override;

 private:
  /// A single call, put before any that fetches blocks.
  Result<RpcValue> AskAlone(const RpcCall& call, const Patience& patience);

  std::unique_ptr<RpcNode> node_;
  SessionPool pool_;
};

Result<RpcValue> EvmRpcSource::AskAlone(const RpcCall& call, const Patience& patience) {
  const std::span calls(&call, 1);
  TIDEMARK_TRY(auto session, pool_.Take(SessionPool::Urgency::kHead, call, patience));
  TIDEMARK_TRY(AskOutcome outcome, session->Ask(calls, patience));
  if (std::holds_alternative<Contradiction>(outcome)) {
    TIDEMARK_TRY(outcome, session->Ask(calls, patience));
  }
  if (const auto* contradiction = std::get_if<Contradiction>(&outcome)) {
    return std::unexpected(NodeError(ErrorCode::kUnavailable, *node_, calls, contradiction->what));
  }
  return std::move(std::get<std::vector<RpcValue>>(outcome).front());
}

Result<std::optional<std::uint64_t>> EvmRpcSource::FetchChainId(Deadline deadline,
                                                                std::stop_token stop) {
  const RpcCall call{.method = RpcMethod::kChainId};
  const auto value = AskAlone(call, {.deadline = deadline, .stop = std::move(stop)});
  if (!value) {
    // Gateways let some methods through and refuse others; the blocks may be had all the same.
    if (value.error().code == ErrorCode::kInvalidArgument) return std::nullopt;
    return std::unexpected(value.error());
  }
  if (const auto* id = std::get_if<ChainId>(&*value)) return id->value;
  return std::nullopt;
}

Result<std::optional<ChainHead>> EvmRpcSource::FetchHead(HeadTag tag, Deadline deadline,
                                                         std::stop_token stop) {
  const RpcCall call{.method = RpcMethod::kHead, .tag = tag};
  TIDEMARK_TRY(const RpcValue value,
               AskAlone(call, {.deadline = deadline, .stop = std::move(stop)}));
  if (const auto* error = std::get_if<RpcError>(&value)) {
    return std::unexpected(NodeError(*node_, call, *error));
  }
  if (const auto* head = std::get_if<ChainHead>(&value)) return *head;
  return std::nullopt;
}

Result<std::vector<EvmBlock>> EvmRpcSource::FetchBlocks(BlockRange range, Deadline deadline,
                                                        std::stop_token stop) {
  if (range.last().value - range.first().value >= kBlocksPerFetchMax) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("blocks {} to {} are more than {} at once", range.first().value,
                                 range.last().value, kBlocksPerFetchMax));
  }
  RangeFetch fetch(*node_, pool_, Divide(range, node_->blocks_per_request()),
                   {.deadline = deadline, .stop = std::move(stop)});
  {
    // The calling thread is one of them, so that the few blocks at the head cost no thread at all.
    std::vector<std::jthread> threads;
    const std::size_t wanted = std::min(fetch.part_count(), pool_.sessions_max());
    try {
      while (threads.size() + 1 < wanted) threads.emplace_back([&fetch] { fetch.Run(); });
    } catch (const std::system_error& error) {
      // The threads that are there do all of it.
      Log(LogLevel::kWarning, "no_thread_for_fetching",
          {{"threads", threads.size()}, {"error", error.what()}});
    }
    fetch.Run();
  }
  return std::move(fetch).Finish();
}

}  // namespace

Result<std::unique_ptr<BlockSource>> MakeEvmRpcSource(const EvmRpcOptions& options) {
  TIDEMARK_TRY(auto node, RpcNode::Make(options));
  return std::make_unique<EvmRpcSource>(std::move(node));
}

}  // namespace tidemark::providers
