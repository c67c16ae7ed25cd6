#include "fake_chain.h"

#include <algorithm>
#include <condition_variable>
#include <string>
#include <utility>

namespace tidemark::worker {
namespace {

BlockHash MakeHash(std::uint64_t number, std::uint64_t branch) {
  BlockHash hash;
  hash.bytes[0] = 0xb1;  // No block's hash is zero.
  for (std::size_t i = 0; i < 8; ++i) {
    hash.bytes[8 + i] = static_cast<std::uint8_t>(branch >> (56 - 8 * i));
    hash.bytes[24 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
  return hash;
}

}  // namespace

class FakeSource final : public providers::BlockSource {
 public:
  explicit FakeSource(FakeChain& chain) : chain_(chain) {}

  Result<std::optional<std::uint64_t>> FetchChainId(Deadline /*deadline*/,
                                                    std::stop_token /*stop*/) override {
    return chain_.chain_id;
  }

  Result<std::optional<ChainHead>> FetchHead(HeadTag /*tag*/, Deadline /*deadline*/,
                                             std::stop_token stop) override {
    if (auto error = BeforeAnswer("FetchHead", stop)) return std::unexpected(*std::move(error));
    const auto head = chain_.Head();
    if (!head) return std::nullopt;
    return ChainHead{.number = head->number, .hash = head->hash, .timestamp_s = head->timestamp_s};
  }

  Result<std::vector<EvmBlock>> FetchBlocks(BlockRange range, Deadline /*deadline*/,
                                            std::stop_token stop) override {
    if (auto error = BeforeAnswer("FetchBlocks", stop)) return std::unexpected(*std::move(error));
    if (chain_.hangs_in_fetch) HangUntil(stop);
    if (chain_.on_fetch) {
      if (auto error = chain_.on_fetch(range, stop)) return std::unexpected(*std::move(error));
    }
    std::vector<EvmBlock> blocks;
    for (std::uint64_t number = range.first().value; number <= range.last().value; ++number) {
      auto block = chain_.BlockAt(number);
      if (!block) return MakeError(ErrorCode::kUnavailable, "no block " + std::to_string(number));
      blocks.push_back(*std::move(block));
    }
    return blocks;
  }

 private:
  std::optional<Error> BeforeAnswer(std::string_view what, const std::stop_token& stop) {
    auto error = chain_.source_faults.Count(what);
    const std::uint64_t call = ++chain_.calls_;
    if (chain_.on_call) chain_.on_call(call);
    if (stop.stop_requested()) return Error{ErrorCode::kUnavailable, "stopped"};
    return error;
  }

  void HangUntil(const std::stop_token& stop) {
    ++chain_.hanging;
    chain_.signal_.Notify();
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, stop, [] { return false; });
    --chain_.hanging;
  }

  FakeChain& chain_;
};

void FakeChain::Extend(std::uint64_t blocks) {
  {
    const std::lock_guard lock(mutex_);
    Append(blocks);
  }
  signal_.Notify();
}

void FakeChain::Reorganise(std::uint64_t depth, std::uint64_t length) {
  {
    const std::lock_guard lock(mutex_);
    branch_.resize(branch_.size() - std::min<std::uint64_t>(depth, branch_.size()));
    ++branches_;
    Append(length);
  }
  signal_.Notify();
}

FakeChain::Branch FakeChain::Save() const {
  const std::lock_guard lock(mutex_);
  return branch_;
}

void FakeChain::Restore(const Branch& branch) {
  {
    const std::lock_guard lock(mutex_);
    branch_ = branch;
    ++branches_;
  }
  signal_.Notify();
}

std::optional<EvmBlock> FakeChain::BlockAt(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  if (number >= branch_.size()) return std::nullopt;
  return MakeBlock(number);
}

std::optional<EvmBlock> FakeChain::Head() const {
  const std::lock_guard lock(mutex_);
  if (branch_.empty()) return std::nullopt;
  return MakeBlock(branch_.size() - 1);
}

std::unique_ptr<providers::BlockSource> FakeChain::OpenSource() {
  return std::make_unique<FakeSource>(*this);
}

void FakeChain::Append(std::uint64_t blocks) {
  for (std::uint64_t i = 0; i < blocks; ++i) branch_.push_back(MakeHash(branch_.size(), branches_));
}

EvmBlock FakeChain::MakeBlock(std::uint64_t number) const {
  EvmBlock block;
  block.number = BlockNumber{number};
  block.timestamp_s = 1'700'000'000 + number;
  block.hash = branch_[number];
  // What stands before genesis is anything but zero here, as on some development chains.
  block.parent_hash = number == 0 ? MakeHash(0, 999) : branch_[number - 1];
  if (number % 2 == 1) {
    EvmTransaction transaction;
    transaction.hash = MakeHash(number, 7);
    transaction.value = "1";
    block.transactions.push_back(transaction);
    EvmLog log;
    log.transaction_hash = transaction.hash;
    log.topics.push_back(block.hash);
    log.data = "data";
    block.logs.push_back(log);
  }
  return block;
}

}  // namespace tidemark::worker
