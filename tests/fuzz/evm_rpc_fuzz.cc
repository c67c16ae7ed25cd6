// Whatever a node answers: an answer is taken or refused, and what is taken holds together.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rpc_answer.h"

namespace {

using tidemark::providers::AnswerReader;
using tidemark::providers::BlockReceipts;
using tidemark::providers::RpcCall;
using tidemark::providers::RpcMethod;
using tidemark::providers::RpcValue;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckBlock(const tidemark::EvmBlock& block) {
  Require(block.logs_bloom.size() == 256);
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    Require(block.transactions[i].index == i);
    Require(!block.transactions[i].value.empty());
  }
  for (std::size_t i = 0; i < block.logs.size(); ++i) {
    Require(block.logs[i].topics.size() <= 4);
    Require(i == 0 || block.logs[i - 1].index < block.logs[i].index);
    Require(block.logs[i].transaction_index < block.transactions.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static AnswerReader reader;
  if (size == 0) return 0;
  // The first byte picks the question, so that one corpus serves all.
  const std::vector<RpcCall> calls[] = {
      {{.method = RpcMethod::kBlock, .block = {13'000'042}},
       {.method = RpcMethod::kBlockReceipts, .block = {13'000'042}}},
      {{.method = RpcMethod::kHead}},
      {{.method = RpcMethod::kBlock, .block = {13'000'042}}},
      {{.method = RpcMethod::kTransactionReceipt, .block = {13'000'042}}},
  };
  const std::vector<RpcCall>& asked = calls[data[0] % 4];
  auto answer = reader.Read(std::string(reinterpret_cast<const char*>(data) + 1, size - 1), asked);
  auto* values = std::get_if<std::vector<RpcValue>>(&answer);
  if (values == nullptr) return 0;
  Require(values->size() == asked.size());
  auto* block = std::get_if<tidemark::EvmBlock>(&values->front());
  auto* receipts = std::get_if<BlockReceipts>(&values->back());
  if (block == nullptr || receipts == nullptr) return 0;
  Require(block->number == asked.front().block);
  if (!Join(*block, std::move(*receipts))) CheckBlock(*block);
  return 0;
}
