// Files made one: the same rows in the same form, and nothing of a file that is not sound.
#include "tidemark/parquet_io/segment_merge.h"

#include <string>
#include <vector>

#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "evm_table_reader.h"
#include "memory_object.h"
#include "sample_blocks.h"
#include "tidemark/parquet_io/segment_footer.h"

namespace tidemark::parquet_io {
namespace {

std::string FileOf(EvmTable table, const std::vector<EvmBlock>& blocks) {
  return WriteFile(table, blocks).value().bytes;
}

/// Errors: those of SegmentMerger.
Result<WrittenFile> Merge(EvmTable table, const std::vector<std::string>& files,
                          MemoryObject& object) {
  TIDEMARK_TRY(auto merger, SegmentMerger::Open(table, object));
  for (const std::string& file : files) TIDEMARK_TRY(merger->Append(file));
  TIDEMARK_TRY(auto footer, merger->Close(MetadataOf(table), {{{4}, {17}}, 3}));
  return WrittenFile{.bytes = object.bytes(), .footer = std::move(footer)};
}

std::string CodeOf(const Result<WrittenFile>& result) {
  return result ? "ok" : std::string(ToString(result.error().code));
}

class SegmentMergeTest : public ::testing::TestWithParam<EvmTable> {};

INSTANTIATE_TEST_SUITE_P(Tables, SegmentMergeTest, ::testing::ValuesIn(kEvmTables),
                         [](const auto& test) { return std::string(ToString(test.param)); });

// Method: the same blocks in one file, and in files of one or two that are merged.
TEST_P(SegmentMergeTest, TheRowsAreThoseOfTheFilesInTheirOrder) {
  const EvmTable table = GetParam();
  const std::string whole = FileOf(table, {PreMergeBlock(), LondonBlock(), PragueBlock()});
  MemoryObject object;
  const auto merged = Merge(table,
                            {FileOf(table, {PreMergeBlock()}), FileOf(table, {}),
                             FileOf(table, {LondonBlock(), PragueBlock()})},
                            object)
                          .value();
  const auto rows = ReadTable(merged.bytes);
  EXPECT_TRUE(rows->Equals(*ReadTable(whole), /*check_metadata=*/false));
  EXPECT_GT(rows->num_rows(), 0);
}

TEST_P(SegmentMergeTest, TheFileIsEncodedAsOneThatIsWrittenAtOnce) {
  const EvmTable table = GetParam();
  const auto open = [](const std::string& bytes) {
    return parquet::ParquetFileReader::Open(
        std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
  };
  const auto whole = open(FileOf(table, {LondonBlock(), PragueBlock()}))->metadata();
  MemoryObject object;
  const auto merged =
      open(Merge(table, {FileOf(table, {LondonBlock()}), FileOf(table, {PragueBlock()})}, object)
               .value()
               .bytes)
          ->metadata();
  EXPECT_TRUE(merged->schema()->Equals(*whole->schema()));
  EXPECT_EQ(merged->created_by(), whole->created_by());
  ASSERT_EQ(merged->num_row_groups(), 1);
  for (int column = 0; column < whole->num_columns(); ++column) {
    const auto a = merged->RowGroup(0)->ColumnChunk(column);
    const auto b = whole->RowGroup(0)->ColumnChunk(column);
    EXPECT_EQ(a->compression(), b->compression());
    EXPECT_EQ(a->encodings(), b->encodings()) << a->path_in_schema()->ToDotString();
    EXPECT_EQ(a->num_values(), b->num_values());
  }
}

TEST_P(SegmentMergeTest, TheFooterNamesTheParents) {
  MemoryObject object;
  const auto merged =
      Merge(GetParam(), {FileOf(GetParam(), {LondonBlock()}), FileOf(GetParam(), {})}, object)
          .value();
  EXPECT_TRUE(merged.bytes.ends_with(merged.footer));
  const auto footer = ParseSegmentFooter(merged.bytes, {.path = MetadataOf(GetParam()).filename});
  ASSERT_TRUE(footer) << footer.error().message;
  EXPECT_EQ(footer->metadata, MetadataOf(GetParam()));
  EXPECT_EQ(footer->generation, 3U);
  EXPECT_EQ(footer->parent_file_ids, (std::vector<FileId>{{4}, {17}}));
  EXPECT_EQ(footer->row_count, static_cast<std::uint64_t>(ReadTable(merged.bytes)->num_rows()));
}

TEST_P(SegmentMergeTest, FilesWithoutRowsMakeOne) {
  MemoryObject object;
  const auto merged =
      Merge(GetParam(), {FileOf(GetParam(), {}), FileOf(GetParam(), {})}, object).value();
  EXPECT_EQ(ReadTable(merged.bytes)->num_rows(), 0);
}

TEST_P(SegmentMergeTest, AFileThatIsNotSoundEndsTheMerge) {
  const EvmTable other = GetParam() == EvmTable::kBlocks ? EvmTable::kLogs : EvmTable::kBlocks;
  const std::string sound = FileOf(GetParam(), {LondonBlock()});
  std::string damaged = sound;
  for (std::size_t i = 4; i < 40; ++i) damaged[i] = static_cast<char>(~damaged[i]);
  for (const std::string& bad : {std::string(), sound.substr(0, sound.size() / 2),
                                 FileOf(other, {LondonBlock()}), damaged}) {
    MemoryObject object;
    EXPECT_EQ(CodeOf(Merge(GetParam(), {sound, bad, sound}, object)), "corruption");
    // The magic number that a file begins with is there.
    EXPECT_FALSE(object.bytes().substr(4).ends_with("PAR1")) << "half a file got a footer";
  }
}

TEST_P(SegmentMergeTest, ASinkThatFailsFailsTheMerge) {
  const std::vector<std::string> files = {FileOf(GetParam(), {LondonBlock()}),
                                          FileOf(GetParam(), {PragueBlock()})};
  MemoryObject whole;
  ASSERT_EQ(CodeOf(Merge(GetParam(), files, whole)), "ok");
  for (std::size_t failing = 0; failing < whole.append_count(); ++failing) {
    MemoryObject object(failing);
    EXPECT_EQ(CodeOf(Merge(GetParam(), files, object)), "unavailable") << failing;
  }
}

}  // namespace
}  // namespace tidemark::parquet_io
