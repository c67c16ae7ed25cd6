// Our files against those that Amp wrote for block 15,000,000 of Ethereum's main network.
#include <algorithm>
#include <string>
#include <vector>

#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include "evm_table_reader.h"
#include "memory_object.h"

namespace tidemark::parquet_io {
namespace {

std::string AmpFile(EvmTable table) {
  return ReadTestData("eth_rpc_" + std::string(ToString(table)) + ".parquet");
}

std::unique_ptr<parquet::ParquetFileReader> OpenParquet(std::string bytes) {
  return parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes))));
}

/// The schema that Arrow readers see, from the file's ARROW:schema and from its columns.
std::shared_ptr<arrow::Schema> ArrowSchemaOf(std::string bytes) {
  std::shared_ptr<arrow::Schema> schema;
  const auto reader =
      parquet::arrow::FileReader::Make(arrow::default_memory_pool(), OpenParquet(std::move(bytes)))
          .ValueOrDie();
  if (const auto read = reader->GetSchema(&schema); !read.ok()) read.Abort();
  return schema;
}

class AmpSnapshotTest : public ::testing::TestWithParam<EvmTable> {};

INSTANTIATE_TEST_SUITE_P(Tables, AmpSnapshotTest, ::testing::ValuesIn(kEvmTables),
                         [](const auto& test) { return std::string(ToString(test.param)); });

TEST_P(AmpSnapshotTest, TheArrowSchemaIsAmps) {
  const auto ours = ArrowSchemaOf(WriteFile(GetParam(), {}).value().bytes);
  const auto amps = ArrowSchemaOf(AmpFile(GetParam()));
  EXPECT_TRUE(ours->Equals(*amps, /*check_metadata=*/true)) << "ours\n"
                                                            << ours->ToString(true) << "\nAmp's\n"
                                                            << amps->ToString(true);
}

// For readers that do not know of Arrow: the names of list items, the widths and the logical types.
TEST_P(AmpSnapshotTest, TheParquetSchemaIsAmps) {
  const auto ours = OpenParquet(WriteFile(GetParam(), {}).value().bytes);
  const auto amps = OpenParquet(AmpFile(GetParam()));
  const auto text = [](const parquet::ParquetFileReader& file) {
    std::ostringstream out;
    parquet::schema::PrintSchema(file.metadata()->schema()->group_node(), out);
    // The name of the root says who wrote the file.
    const std::string printed = out.str();
    return printed.substr(printed.find('{'));
  };
  EXPECT_EQ(text(*ours), text(*amps));
  EXPECT_TRUE(ours->metadata()->schema()->Equals(*amps->metadata()->schema()));
}

TEST_P(AmpSnapshotTest, AmpsRowsComeOutAsTheyWentIn) {
  const auto amps = ReadTable(AmpFile(GetParam()));
  EvmBlock block = BlocksOf(*ReadTable(AmpFile(EvmTable::kBlocks))).at(0);
  block.transactions = TransactionsOf(*ReadTable(AmpFile(EvmTable::kTransactions)));
  block.logs = LogsOf(*ReadTable(AmpFile(EvmTable::kLogs)));

  const auto ours = ReadTable(WriteFile(GetParam(), {block}).value().bytes);
  ASSERT_EQ(ours->num_rows(), amps->num_rows());
  ASSERT_GT(ours->num_rows(), 0);
  for (int i = 0; i < amps->num_columns(); ++i) {
    EXPECT_TRUE(ours->column(i)->Equals(*amps->column(i))) << amps->field(i)->name();
  }
}

}  // namespace
}  // namespace tidemark::parquet_io
