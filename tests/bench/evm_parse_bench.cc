// How fast a node's answer becomes blocks: bytes of JSON a second on one core. The answer is a
// batch of ten blocks with fifty logged transactions each, in the shape and size in which nodes
// write them: half of it logs' blooms and names that nobody keeps.
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "rpc_answer.h"

namespace {

using tidemark::providers::AnswerReader;
using tidemark::providers::BlockReceipts;
using tidemark::providers::RpcCall;
using tidemark::providers::RpcMethod;
using tidemark::providers::RpcValue;

constexpr std::uint64_t kBlocks = 10;
constexpr int kTransactions = 50;

/// Hex digits that look random: branches on them must not be predictable.
class Digits {
 public:
  std::string Bytes(std::size_t count) {
    std::string text = "0x";
    for (std::size_t i = 0; i < 2 * count; ++i) {
      state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
      text += "0123456789abcdef"[state_ >> 60U];
    }
    return text;
  }

 private:
  std::uint64_t state_ = 1;
};

struct Place {
  std::string block_hash;
  std::string transaction_hash;
  std::uint64_t block = 0;
  int index = 0;
};

std::string TransactionText(Digits& digits, const Place& place) {
  return fmt::format(
      R"({{"type":"0x2","chainId":"0x7a69","nonce":"0x1f{:x}","gas":"0xea60",)"
      R"("maxFeePerGas":"0xb2d05e00","maxPriorityFeePerGas":"0x3b9aca00","to":"{}","value":"0x0",)"
      R"("accessList":[],"input":"{}","r":"{}","s":"{}","yParity":"0x1","v":"0x1","hash":"{}",)"
      R"("blockHash":"{}","blockNumber":"{:#x}","transactionIndex":"{:#x}","from":"{}",)"
      R"("gasPrice":"0x3b9aca07"}})",
      place.index, digits.Bytes(20), digits.Bytes(68), digits.Bytes(32), digits.Bytes(32),
      place.transaction_hash, place.block_hash, place.block, place.index, digits.Bytes(20));
}

std::string ReceiptText(Digits& digits, const Place& place) {
  return fmt::format(
      R"({{"type":"0x2","status":"0x1","cumulativeGasUsed":"0x{:x}","logs":[{{"address":"{}",)"
      R"("topics":["{}","{}"],"data":"{}","blockHash":"{}","blockNumber":"{:#x}",)"
      R"("blockTimestamp":"0x6710c3f0","transactionHash":"{}","transactionIndex":"{:#x}",)"
      R"("logIndex":"{:#x}","removed":false}}],"logsBloom":"{}","transactionHash":"{}",)"
      R"("transactionIndex":"{:#x}","blockHash":"{}","blockNumber":"{:#x}","gasUsed":"0x5c0e",)"
      R"("effectiveGasPrice":"0x3b9aca07","blobGasPrice":"0x1","from":"{}","to":"{}",)"
      R"("contractAddress":null}})",
      23'566 * (place.index + 1), digits.Bytes(20), digits.Bytes(32), digits.Bytes(32),
      digits.Bytes(32), place.block_hash, place.block, place.transaction_hash, place.index,
      place.index, digits.Bytes(256), place.transaction_hash, place.index, place.block_hash,
      place.block, digits.Bytes(20), digits.Bytes(20));
}

std::string BlockText(Digits& digits, const Place& place, const std::string& transactions) {
  return fmt::format(
      R"({{"hash":"{}","parentHash":"{}","sha3Uncles":"{}","miner":"{}","stateRoot":"{}",)"
      R"("transactionsRoot":"{}","receiptsRoot":"{}","logsBloom":"{}","difficulty":"0x0",)"
      R"("number":"{:#x}","gasLimit":"0x1c9c380","gasUsed":"0x11fa3c","timestamp":"0x6710c3f0",)"
      R"("extraData":"0x","mixHash":"{}","nonce":"0x0000000000000000","baseFeePerGas":"0x7",)"
      R"("withdrawalsRoot":"{}","blobGasUsed":"0x0","excessBlobGas":"0x0",)"
      R"("parentBeaconBlockRoot":"{}","totalDifficulty":"0x0","size":"0x9c40","uncles":[],)"
      R"("transactions":[{}],"withdrawals":[]}})",
      place.block_hash, digits.Bytes(32), digits.Bytes(32), digits.Bytes(20), digits.Bytes(32),
      digits.Bytes(32), digits.Bytes(32), digits.Bytes(256), place.block, digits.Bytes(32),
      digits.Bytes(32), digits.Bytes(32), transactions);
}

struct Question {
  std::vector<RpcCall> calls;
  std::string answer;
};

Question MakeQuestion() {
  Digits digits;
  Question question;
  std::string& answer = question.answer;
  for (std::uint64_t block = 1'000; block < 1'000 + kBlocks; ++block) {
    Place place{.block_hash = digits.Bytes(32), .transaction_hash = {}, .block = block};
    std::string transactions;
    std::string receipts;
    for (place.index = 0; place.index < kTransactions; ++place.index) {
      place.transaction_hash = digits.Bytes(32);
      const char* comma = place.index == 0 ? "" : ",";
      transactions += comma + TransactionText(digits, place);
      receipts += comma + ReceiptText(digits, place);
    }
    question.calls.push_back({.method = RpcMethod::kBlock, .block = {block}});
    answer +=
        fmt::format(R"({}{{"jsonrpc":"2.0","id":{},"result":{}}})", answer.empty() ? "[" : ",",
                    question.calls.size(), BlockText(digits, place, transactions));
    question.calls.push_back({.method = RpcMethod::kBlockReceipts, .block = {block}});
    answer += fmt::format(R"(,{{"jsonrpc":"2.0","id":{},"result":[{}]}})", question.calls.size(),
                          receipts);
  }
  answer += "]";
  return question;
}

void ReadBlocks(benchmark::State& state) {
  const Question question = MakeQuestion();
  AnswerReader reader;
  for (auto _ : state) {
    auto answer = reader.Read(question.answer, question.calls);
    auto* values = std::get_if<std::vector<RpcValue>>(&answer);
    if (values == nullptr) {
      state.SkipWithError("the answer was not taken");
      break;
    }
    for (std::size_t i = 0; i < values->size(); i += 2) {
      auto& block = std::get<tidemark::EvmBlock>((*values)[i]);
      if (Join(block, std::get<BlockReceipts>(std::move((*values)[i + 1])))) {
        state.SkipWithError("block and receipts do not match");
      }
      benchmark::DoNotOptimize(block);
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * question.answer.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBlocks));
}
BENCHMARK(ReadBlocks)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
