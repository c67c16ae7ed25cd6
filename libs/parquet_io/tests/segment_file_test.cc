// The file around the rows: row groups, footer, limits, failing sinks.
#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "evm_table_reader.h"
#include "memory_object.h"
#include "sample_blocks.h"

namespace tidemark::parquet_io {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<parquet::ParquetFileReader> OpenParquet(std::string bytes) {
  return parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes))));
}

/// Blocks 0 to `count` - 1, with two logs of 100 bytes each that do not compress away.
std::vector<EvmBlock> ManyBlocks(std::uint64_t count) {
  std::vector<EvmBlock> blocks(count);
  std::uint64_t state = 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    blocks[i].number = BlockNumber{i};
    blocks[i].logs.resize(2);
    for (EvmLog& log : blocks[i].logs) {
      for (int byte = 0; byte < 100; ++byte) {
        state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        log.data.push_back(static_cast<char>(state >> 56U));
      }
    }
  }
  return blocks;
}

class SegmentFileTest : public ::testing::TestWithParam<EvmTable> {};

INSTANTIATE_TEST_SUITE_P(Tables, SegmentFileTest, ::testing::ValuesIn(kEvmTables),
                         [](const auto& test) { return std::string(ToString(test.param)); });

TEST_P(SegmentFileTest, AFileWithoutRowsIsAFile) {
  std::vector<EvmBlock> blocks;
  if (GetParam() != EvmTable::kBlocks) blocks.resize(3);  // Blocks without transactions and logs.
  const std::string bytes = WriteFile(GetParam(), blocks).value().bytes;
  const auto table = ReadTable(bytes);
  EXPECT_EQ(table->num_rows(), 0);
  EXPECT_GT(table->num_columns(), 12);
  EXPECT_EQ(OpenParquet(bytes)->metadata()->num_row_groups(), 0);
}

TEST_P(SegmentFileTest, TheFooterHasAmpsKeys) {
  const auto file = WriteFile(GetParam(), {LondonBlock()}).value();
  const auto footer = OpenParquet(file.bytes)->metadata();
  const auto& keys = *footer->key_value_metadata();
  std::set<std::string> names(keys.keys().begin(), keys.keys().end());
  EXPECT_EQ(names, (std::set<std::string>{"ARROW:schema", "generation", "nozzle_metadata",
                                          "parent_file_ids"}));
  EXPECT_EQ(keys.size(), 4) << "a key is there twice";
  const auto segment = ParseSegmentMetadata(keys.Get("nozzle_metadata").ValueOrDie());
  EXPECT_EQ(segment.value(), MetadataOf(GetParam()));
  EXPECT_EQ(keys.Get("parent_file_ids").ValueOrDie(), "[]");
  EXPECT_EQ(keys.Get("generation").ValueOrDie(), "0");
  EXPECT_THAT(footer->created_by(), ::testing::MatchesRegex("tidemark version [0-9.]+"));
}

TEST_P(SegmentFileTest, TheFooterForTheCacheIsTheFilesOwn) {
  const auto file = WriteFile(GetParam(), {LondonBlock(), PragueBlock()}).value();
  ASSERT_TRUE(file.bytes.ends_with(file.footer));
  ASSERT_TRUE(file.footer.ends_with("PAR1"));
  const auto thrift_bytes = static_cast<std::int64_t>(file.footer.size() - 8);
  const auto footer = parquet::FileMetaData::Make(file.footer.data(), thrift_bytes);
  EXPECT_EQ(footer->size(), thrift_bytes);
  EXPECT_TRUE(footer->Equals(*OpenParquet(file.bytes)->metadata()));
  // An index would lie outside the footer, where a reader of the cache cannot go.
  const auto column = footer->RowGroup(0)->ColumnChunk(0);
  EXPECT_FALSE(column->GetColumnIndexLocation());
  EXPECT_FALSE(column->GetOffsetIndexLocation());
}

TEST(SegmentWriterTest, StatisticsHaveTheRangeOfBlockNumbersAndStaySmall) {
  EvmBlock large = PragueBlock();
  large.extra_data = std::string(1000, '~');
  const auto file = WriteFile(EvmTable::kBlocks, {large, PreMergeBlock()}).value();
  const auto footer = OpenParquet(file.bytes)->metadata();
  const auto row_group = footer->RowGroup(0);
  const auto numbers =
      std::dynamic_pointer_cast<parquet::Int64Statistics>(row_group->ColumnChunk(0)->statistics());
  ASSERT_NE(numbers, nullptr);
  // Unsigned: signed, 2^64-1 would be the least.
  EXPECT_EQ(static_cast<std::uint64_t>(numbers->min()), 46'147U);
  EXPECT_EQ(static_cast<std::uint64_t>(numbers->max()), ~0ULL);
  EXPECT_EQ(file.footer.find("~~~~"), std::string::npos) << "a long value is in the footer";
}

TEST(SegmentWriterTest, ALongFileHasSeveralRowGroupsOfBoundedSize) {
  const auto blocks = ManyBlocks(1000);
  const SegmentWriterOptions options{.zstd_level = 1, .row_group_bytes = 50'000};
  const auto file = WriteFile(EvmTable::kLogs, blocks, options).value();
  const auto footer = OpenParquet(file.bytes)->metadata();
  ASSERT_GE(footer->num_row_groups(), 4);
  for (int i = 0; i < footer->num_row_groups(); ++i) {
    EXPECT_LE(footer->RowGroup(i)->total_compressed_size(), 60'000);
  }
  const auto logs = LogsOf(*ReadTable(file.bytes));
  ASSERT_EQ(logs.size(), 2000U);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    ASSERT_EQ(logs[i].data, blocks[i / 2].logs[i % 2].data) << i;
  }
}

TEST(SegmentWriterTest, ARowGroupEndsExactlyWhereABlockEnds) {
  const SegmentWriterOptions options{.zstd_level = 1, .row_group_bytes = 1};
  const auto file = WriteFile(EvmTable::kLogs, ManyBlocks(5), options).value();
  const auto footer = OpenParquet(file.bytes)->metadata();
  ASSERT_EQ(footer->num_row_groups(), 5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(footer->RowGroup(i)->num_rows(), 2);
}

TEST(SegmentWriterTest, CountsRowsAndEstimatesTheSize) {
  MemoryObject object;
  const SegmentWriterOptions options{.zstd_level = 1, .row_group_bytes = 50'000};
  auto writer = SegmentWriter::Open(EvmTable::kLogs, object, options).value();
  std::uint64_t rows = 0;
  std::uint64_t estimate = writer->EstimateSizeBytes();
  EXPECT_LT(estimate, 100U);
  for (const EvmBlock& block : ManyBlocks(1000)) {
    ASSERT_TRUE(writer->Append(block));
    rows += 2;
    ASSERT_EQ(writer->row_count(), rows);
    estimate = writer->EstimateSizeBytes();
    // 100 bytes a row cannot be compressed; what else is in a row can be, once it is in a page.
    ASSERT_GE(estimate, rows * 100);
    ASSERT_LE(estimate, rows * 250 + 2000);
  }
  ASSERT_TRUE(writer->Close(MetadataOf(EvmTable::kLogs)));
  EXPECT_NEAR(static_cast<double>(estimate), static_cast<double>(object.bytes().size()),
              0.2 * static_cast<double>(object.bytes().size()));
}

struct BadValue {
  std::string name;
  EvmTable table;
  void (*spoil)(EvmBlock&);
  std::string message;
};

class BadValueTest : public ::testing::TestWithParam<BadValue> {};

INSTANTIATE_TEST_SUITE_P(
    Columns, BadValueTest,
    ::testing::ValuesIn(std::vector<BadValue>{
        {"timestamp", EvmTable::kBlocks, [](EvmBlock& b) { b.timestamp_s = 9'223'372'037; },
         "block 9007199254740993: timestamp is 9223372037 s"},
        {"timestamp_of_logs", EvmTable::kLogs,
         [](EvmBlock& b) { b.timestamp_s = std::numeric_limits<std::uint64_t>::max(); },
         "block 9007199254740993: timestamp is 18446744073709551615 s"},
        {"difficulty", EvmTable::kBlocks, [](EvmBlock& b) { b.difficulty = ~Uint128{0}; },
         "block 9007199254740993: difficulty has more than 38 digits"},
        {"total_difficulty", EvmTable::kBlocks,
         [](EvmBlock& b) { b.total_difficulty = ~Uint128{0}; }, "total_difficulty has more"},
        {"base_fee", EvmTable::kBlocks, [](EvmBlock& b) { b.base_fee_per_gas = ~Uint128{0}; },
         "base_fee_per_gas has more"},
        {"gas_price", EvmTable::kTransactions,
         [](EvmBlock& b) { b.transactions[1].gas_price = ~Uint128{0}; },
         "block 9007199254740993, transaction 1: gas_price has more than 38 digits"},
        {"max_fee", EvmTable::kTransactions,
         [](EvmBlock& b) { b.transactions[0].max_fee_per_gas = ~Uint128{0}; },
         "transaction 0: max_fee_per_gas has more"},
        {"max_priority_fee", EvmTable::kTransactions,
         [](EvmBlock& b) { b.transactions[0].max_priority_fee_per_gas = ~Uint128{0}; },
         "max_priority_fee_per_gas has more"},
        {"max_blob_fee", EvmTable::kTransactions,
         [](EvmBlock& b) { b.transactions[0].max_fee_per_blob_gas = ~Uint128{0}; },
         "max_fee_per_blob_gas has more"},
        {"value_empty", EvmTable::kTransactions, [](EvmBlock& b) { b.transactions[0].value = ""; },
         "transaction 0: value is not a decimal number"},
        {"value_hex", EvmTable::kTransactions,
         [](EvmBlock& b) { b.transactions[0].value = "0x10"; }, "value is not a decimal number"},
        {"value_no_utf8", EvmTable::kTransactions,
         [](EvmBlock& b) { b.transactions[0].value = "\xff"; }, "value is not a decimal number"},
        {"five_topics", EvmTable::kLogs, [](EvmBlock& b) { b.logs[3].topics.resize(5); },
         "block 9007199254740993, log 3: topics are 5, not 0 to 4"},
        {"input_too_long", EvmTable::kTransactions,
         [](EvmBlock& b) { b.transactions[1].input.resize(1ULL << 29U); },
         "transaction 1: input makes the block's inputs too long"},
    }),
    [](const auto& test) { return test.param.name; });

TEST_P(BadValueTest, IsRefusedAndTheFileIsLost) {
  EvmBlock bad = LondonBlock();
  GetParam().spoil(bad);
  MemoryObject object;
  auto writer = SegmentWriter::Open(GetParam().table, object).value();
  ASSERT_TRUE(writer->Append(LondonBlock()));
  const Status refused = writer->Append(bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr(GetParam().message));
  EXPECT_EQ(writer->Append(LondonBlock()).error(), refused.error());
  EXPECT_EQ(writer->Close(MetadataOf(GetParam().table)).error(), refused.error());
}

TEST(SegmentWriterTest, ValuesThatTheTableDoesNotHoldAreNotItsBusiness) {
  EvmBlock block = LondonBlock();
  block.difficulty = ~Uint128{0};
  block.logs[0].topics.resize(5);
  EXPECT_TRUE(WriteFile(EvmTable::kTransactions, {block}));
}

TEST(SegmentWriterTest, LargestDecimalIsTheLastOneThatFits) {
  Uint128 power = 1;
  for (int i = 0; i < 38; ++i) power *= 10;
  EvmBlock block = LondonBlock();
  block.difficulty = power - 1;
  EXPECT_TRUE(WriteFile(EvmTable::kBlocks, {block}));
  block.difficulty = power;
  EXPECT_FALSE(WriteFile(EvmTable::kBlocks, {block}));
}

TEST(SegmentWriterTest, NothingCanBeDoneAfterClose) {
  MemoryObject object;
  auto writer = SegmentWriter::Open(EvmTable::kBlocks, object).value();
  ASSERT_TRUE(writer->Append(LondonBlock()));
  ASSERT_TRUE(writer->Close(MetadataOf(EvmTable::kBlocks)));
  const std::string bytes = object.bytes();
  EXPECT_EQ(writer->Append(LondonBlock()).error().code, ErrorCode::kInternal);
  EXPECT_EQ(writer->Close(MetadataOf(EvmTable::kBlocks)).error().code, ErrorCode::kInternal);
  EXPECT_EQ(writer->row_count(), 1U);
  writer.reset();
  EXPECT_EQ(object.bytes(), bytes);
}

TEST(SegmentWriterTest, AWriterThatIsGivenUpWritesNoFooter) {
  MemoryObject object;
  {
    auto writer = SegmentWriter::Open(EvmTable::kBlocks, object).value();
    ASSERT_TRUE(writer->Append(LondonBlock()));
  }
  EXPECT_EQ(object.bytes(), "PAR1");
}

TEST(SegmentWriterTest, SeveralWritersAtOnceDoNotMix) {
  MemoryObject block_object;
  MemoryObject log_object;
  auto block_writer = SegmentWriter::Open(EvmTable::kBlocks, block_object).value();
  auto log_writer = SegmentWriter::Open(EvmTable::kLogs, log_object).value();
  for (const EvmBlock& block : {PreMergeBlock(), LondonBlock(), PragueBlock()}) {
    ASSERT_TRUE(block_writer->Append(block));
    ASSERT_TRUE(log_writer->Append(block));
  }
  ASSERT_TRUE(block_writer->Close(MetadataOf(EvmTable::kBlocks)));
  ASSERT_TRUE(log_writer->Close(MetadataOf(EvmTable::kLogs)));
  EXPECT_EQ(ReadTable(block_object.bytes())->num_rows(), 3);
  EXPECT_EQ(ReadTable(log_object.bytes())->num_rows(), 5);
}

// Fails every append of the sink in turn, in a file of several row groups.
TEST(SegmentWriterFaultTest, AFailureOfTheSinkIsReportedAsItIsAndStopsTheWriting) {
  const auto blocks = ManyBlocks(8);
  const SegmentWriterOptions options{.zstd_level = 1, .row_group_bytes = 1000};
  const auto write = [&](MemoryObject& object) -> Status {
    TIDEMARK_TRY(auto writer, SegmentWriter::Open(EvmTable::kLogs, object, options));
    for (const EvmBlock& block : blocks) TIDEMARK_TRY(writer->Append(block));
    TIDEMARK_TRY(writer->Close(MetadataOf(EvmTable::kLogs)));
    return {};
  };
  MemoryObject whole;
  ASSERT_TRUE(write(whole));
  ASSERT_GT(whole.append_count(), 10U);
  for (std::size_t failing = 0; failing < whole.append_count(); ++failing) {
    SCOPED_TRACE(failing);
    MemoryObject object(failing);
    const Status written = write(object);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), (Error{ErrorCode::kUnavailable, "the disk is full"}));
    EXPECT_EQ(object.appends_after_failure(), 0U);
  }
}

}  // namespace
}  // namespace tidemark::parquet_io
