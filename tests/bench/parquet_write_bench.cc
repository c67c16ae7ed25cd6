// How fast rows become Parquet. The rows are those of an Ethereum block, again and again with other
// hashes, signatures and every second account, so that they compress about as a chain does.
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "evm_table_reader.h"
#include "tidemark/object_store/object_store.h"
#include "tidemark/parquet_io/parquet_io.h"

namespace tidemark::parquet_io {
namespace {

/// Counts bytes and forgets them.
class CountingWriter final : public object_store::ObjectWriter {
 public:
  Status Append(std::string_view bytes) override {
    size_bytes_ += bytes.size();
    return {};
  }
  Result<object_store::ObjectInfo> Finish() override {
    return object_store::ObjectInfo{.path = "", .size_bytes = size_bytes_, .e_tag = {}};
  }
  std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  std::uint64_t size_bytes_ = 0;
};

std::vector<EvmBlock> MakeBlocks(std::size_t count) {
  EvmBlock real = BlocksOf(*ReadTable(ReadTestData("eth_rpc_blocks.parquet"))).at(0);
  real.transactions = TransactionsOf(*ReadTable(ReadTestData("eth_rpc_transactions.parquet")));
  real.logs = LogsOf(*ReadTable(ReadTestData("eth_rpc_logs.parquet")));

  std::mt19937_64 random(1);
  // Of the words that a contract is called with, a part is the same in every call.
  const auto randomise_words = [&](std::string& bytes) {
    for (std::size_t word = 4; word + 32 <= bytes.size(); word += 32) {
      if (random() % 4 != 0) continue;
      for (std::size_t i = word + 12; i < word + 32; ++i) bytes[i] = static_cast<char>(random());
    }
  };
  const auto randomise = [&](auto& value) {
    std::ranges::generate(value.bytes, [&] { return static_cast<std::uint8_t>(random()); });
  };
  std::vector<EvmBlock> blocks(count, real);
  for (std::size_t i = 0; i < count; ++i) {
    EvmBlock& block = blocks[i];
    block.number.value += i;
    block.timestamp_s += 12 * i;
    for (auto* hash : {&block.hash, &block.parent_hash, &block.state_root, &block.mix_hash,
                       &block.transactions_root, &block.receipts_root}) {
      randomise(*hash);
    }
    for (EvmTransaction& transaction : block.transactions) {
      randomise(transaction.hash);
      randomise(transaction.r);
      randomise(transaction.s);
      randomise_words(transaction.input);
      transaction.nonce += random() % 4096;
      if (random() % 2 == 0) randomise(transaction.from);
      if (transaction.to && random() % 4 == 0) randomise(*transaction.to);
    }
    for (EvmLog& log : block.logs) {
      log.transaction_hash = block.transactions[log.transaction_index].hash;
      randomise_words(log.data);
      for (std::size_t topic = 1; topic < log.topics.size(); ++topic) {
        if (random() % 2 == 0) randomise(log.topics[topic]);
      }
    }
  }
  return blocks;
}

SegmentMetadata MetadataOf(EvmTable table) {
  return {.table = std::string(ToString(table)), .filename = "f", .created_at = {}, .ranges = {}};
}

/// Bytes that a row's values take in memory of their own kind, before any encoding.
std::uint64_t PlainBytes(const EvmBlock& block, EvmTable table) {
  std::uint64_t bytes = 0;
  switch (table) {
    case EvmTable::kBlocks:
      return 600;
    case EvmTable::kTransactions:
      for (const EvmTransaction& row : block.transactions) bytes += 330 + row.input.size();
      return bytes;
    case EvmTable::kLogs:
      for (const EvmLog& row : block.logs) bytes += 120 + 32 * row.topics.size() + row.data.size();
      return bytes;
  }
  return bytes;
}

void WriteSegment(benchmark::State& state, EvmTable table) {
  static const std::vector<EvmBlock> blocks = MakeBlocks(400);
  std::uint64_t rows = 0;
  std::uint64_t plain_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t footer_bytes = 0;
  for (auto _ : state) {
    CountingWriter sink;
    auto writer = SegmentWriter::Open(table, sink).value();
    for (const EvmBlock& block : blocks) {
      if (!writer->Append(block)) std::abort();
      plain_bytes += PlainBytes(block, table);
    }
    rows += writer->row_count();
    footer_bytes = writer->Close(MetadataOf(table))->size();
    file_bytes += sink.size_bytes();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  state.SetBytesProcessed(static_cast<std::int64_t>(plain_bytes));
  state.counters["file_bytes/row"] = static_cast<double>(file_bytes) / static_cast<double>(rows);
  state.counters["footer_bytes"] = static_cast<double>(footer_bytes);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_rss_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK_CAPTURE(WriteSegment, blocks, EvmTable::kBlocks)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteSegment, transactions, EvmTable::kTransactions)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteSegment, logs, EvmTable::kLogs)->Unit(benchmark::kMillisecond);

/// A file of one block, as they are written at the head of a chain.
void WriteHeadFile(benchmark::State& state, EvmTable table) {
  static const std::vector<EvmBlock> blocks = MakeBlocks(1);
  for (auto _ : state) {
    CountingWriter sink;
    auto writer = SegmentWriter::Open(table, sink).value();
    if (!writer->Append(blocks.front())) std::abort();
    benchmark::DoNotOptimize(writer->Close(MetadataOf(table)));
  }
}
BENCHMARK_CAPTURE(WriteHeadFile, blocks, EvmTable::kBlocks)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(WriteHeadFile, transactions, EvmTable::kTransactions)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(WriteHeadFile, logs, EvmTable::kLogs)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tidemark::parquet_io

BENCHMARK_MAIN();
