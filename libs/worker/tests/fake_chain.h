// A chain that a test grows and reorganises, and a block source that serves it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "faults.h"
#include "signal.h"
#include "tidemark/model/evm_block.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::worker {

/// Blocks 0, 1, 2 ... whose hash tells their number and the branch they were made on. Thread-safe.
class FakeChain {
 public:
  using Branch = std::vector<BlockHash>;

  /// A chain without a block.
  explicit FakeChain(Signal& signal) : source_faults(signal), signal_(signal) {}

  void Extend(std::uint64_t blocks);
  /// Replaces the last `depth` blocks by `length` others.
  void Reorganise(std::uint64_t depth, std::uint64_t length);
  Branch Save() const;
  void Restore(const Branch& branch);

  /// Nothing if the chain is shorter.
  std::optional<EvmBlock> BlockAt(std::uint64_t number) const;
  std::optional<EvmBlock> Head() const;

  /// What its sources do: calls of any kind are counted and fail as planned.
  Faults source_faults;
  /// What its sources say. Asking for it is no call.
  std::atomic<std::uint64_t> chain_id = 1;
  /// From now on FetchBlocks answers only when it is stopped.
  std::atomic<bool> hangs_in_fetch = false;
  /// Called by FetchBlocks before it answers, which it does with the error, if there is one. Set
  /// before the source is used.
  std::function<std::optional<Error>(BlockRange, const std::stop_token&)> on_fetch;
  /// Called before each answer of a source with the number of the call.
  std::function<void(std::uint64_t)> on_call;

  std::unique_ptr<providers::BlockSource> OpenSource();
  /// FetchBlocks calls that hang right now.
  std::atomic<int> hanging = 0;

 private:
  friend class FakeSource;

  void Append(std::uint64_t blocks);
  EvmBlock MakeBlock(std::uint64_t number) const;

  Signal& signal_;
  mutable std::mutex mutex_;
  Branch branch_;
  std::uint64_t branches_ = 0;
  std::atomic<std::uint64_t> calls_ = 0;
};

}  // namespace tidemark::worker
