// A provider that says what a test tells it to, and counts how often it is asked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "tidemark/base/mutex.h"
#include "tidemark/base/wait.h"
#include "tidemark/chain_heads/head_poller.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::chain_heads {

inline ChainHead MakeHead(std::uint64_t number, std::uint8_t branch = 0) {
  ChainHead head{.number = {number}, .hash = {}, .timestamp_s = 1'000 + number};
  head.hash.bytes[0] = branch;
  head.hash.bytes[1] = static_cast<std::uint8_t>(number);
  return head;
}

using HeadAnswer = Result<std::optional<ChainHead>>;

inline HeadAnswer Unreachable(std::string message = "cannot connect") {
  return MakeError(ErrorCode::kUnavailable, std::move(message));
}

class ScriptedSource final : public providers::BlockSource {
 public:
  /// At first every head is block 100.
  ScriptedSource() { Answer(MakeHead(100)); }

  void Answer(const HeadAnswer& answer) {
    Answer(HeadTag::kLatest, answer);
    Answer(HeadTag::kFinalized, answer);
  }
  void Answer(HeadTag tag, const HeadAnswer& answer) {
    const MutexLock lock(mutex_);
    answers_.insert_or_assign(tag, answer);
  }
  /// From now on a call ends only with its deadline or its stop.
  void Hang() {
    const MutexLock lock(mutex_);
    hangs_ = true;
  }

  int calls(HeadTag tag) const {
    const MutexLock lock(mutex_);
    const auto found = calls_.find(tag);
    return found == calls_.end() ? 0 : found->second;
  }

  Result<std::optional<std::uint64_t>> FetchChainId(Deadline /*deadline*/,
                                                    std::stop_token /*stop*/) override {
    return std::nullopt;
  }
  Result<std::optional<ChainHead>> FetchHead(HeadTag tag, Deadline deadline,
                                             std::stop_token stop) override {
    bool hangs = false;
    HeadAnswer answer = std::nullopt;
    {
      const MutexLock lock(mutex_);
      ++calls_[tag];
      hangs = hangs_;
      answer = answers_.at(tag);
    }
    if (!hangs) return answer;
    WaitUntil(deadline.time(), stop);
    return Unreachable("no answer in time");
  }

  Result<std::vector<EvmBlock>> FetchBlocks(BlockRange /*range*/, Deadline /*deadline*/,
                                            std::stop_token /*stop*/) override {
    return MakeError(ErrorCode::kInternal, "nobody asks for blocks");
  }

 private:
  mutable Mutex mutex_;
  bool hangs_ TIDEMARK_GUARDED_BY(mutex_) = false;
  std::map<HeadTag, HeadAnswer> answers_ TIDEMARK_GUARDED_BY(mutex_);
  std::map<HeadTag, int> calls_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::chain_heads
