// Reading footers: those that Amp wrote, ours, and what an enemy would write.
#include "tidemark/parquet_io/segment_footer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/metadata.h>

#include "evm_table_reader.h"
#include "footer_builder.h"
#include "footer_corpus.h"
#include "memory_object.h"
#include "sample_blocks.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::parquet_io {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kName = "000000007-0123456789abcdef.parquet";
const std::string kPath = "eth/mainnet/blocks/r/" + std::string(kName);

std::string GoodJson() { return SegmentJson("blocks", kName, 7, 9); }
ExpectedSegment Expected() { return {.path = kPath, .table_name = "blocks"}; }

std::string BlockWith(const FooterKeys& keys) { return PrintBlock({.keys = PrintKeys(keys)}); }

struct RealFile {
  std::string name;
  std::string bytes;
};

std::vector<RealFile> RealFiles() {
  return {{"015000000-cce9bf788517474d.parquet", ReadTestData("eth_rpc_blocks.parquet")},
          {"015000000-b3cfee564748cf4f.parquet", ReadTestData("eth_rpc_logs.parquet")},
          {"015000000-10dabd17baaee04b.parquet", ReadTestData("eth_rpc_transactions.parquet")}};
}

/// The block of a file, its length and magic.
std::string_view FooterOf(std::string_view file) {
  std::uint32_t length = 0;
  std::memcpy(&length, file.data() + file.size() - 8, 4);
  return file.substr(file.size() - 8 - length);
}

std::shared_ptr<parquet::FileMetaData> ReadWithArrow(std::string_view footer) {
  return parquet::FileMetaData::Make(footer.data(), static_cast<std::int64_t>(footer.size() - 8));
}

struct AmpFile {
  std::string path;
  std::string table;
  std::uint64_t rows;
  std::uint64_t size_bytes;
  std::uint64_t block;
  std::string hash;
  bool has_timestamp;
};

TEST(SegmentFooterTest, FilesThatAmpWroteSayWhatTheyHold) {
  const auto store =
      object_store::OpenLocalStore(std::filesystem::path(TIDEMARK_TEST_DATA) / "amp_snapshots",
                                   object_store::StoreAccess::kReadOnly)
          .value();
  const std::string hash = "0x2ec560aa8cabaa160db11b94be38657a3b5595b1dff7a7203192f158ffb84936";
  const AmpFile files[] = {
      {"base_rpc/blocks/019ba3d8-7653-7b73-8c83-0162553ce93c/033411770-3a5b4e43a531e721.parquet",
       "blocks", 1, 8775, 33411770, hash, false},
      {"base_rpc/blocks/019c5681-7200-7392-8d49-32b5ee1d7ae3/033411770-7709199c3fd276b9.parquet",
       "blocks", 1, 9197, 33411770, hash, true},
      {"base_rpc/logs/019ba3d8-7656-7610-88b5-66237a568220/033411770-8143c9f1463214ee.parquet",
       "logs", 1546, 78857, 33411770, hash, false},
      {"base_rpc/logs/019c5681-7201-7d31-8aa2-7e3845c40286/033411770-b543d7a656c2633a.parquet",
       "logs", 1546, 78880, 33411770, hash, true},
  };
  for (const AmpFile& file : files) {
    SCOPED_TRACE(file.path);
    const auto footer = ReadSegmentFooter(*store, {.path = file.path, .table_name = file.table});
    ASSERT_TRUE(footer) << footer.error().message;
    EXPECT_EQ(footer->row_count, file.rows);
    EXPECT_EQ(footer->size_bytes, file.size_bytes);
    EXPECT_TRUE(footer->e_tag);
    EXPECT_EQ(footer->generation, 0U);
    EXPECT_THAT(footer->parent_file_ids, IsEmpty());
    EXPECT_EQ(footer->metadata, ParseSegmentMetadata(footer->metadata_json).value());
    ASSERT_EQ(footer->metadata.ranges.size(), 1U);
    const NetworkRange& range = footer->metadata.ranges.front();
    EXPECT_EQ(range.network, "base");
    EXPECT_EQ(range.blocks, BlockRange::Single(BlockNumber{file.block}));
    EXPECT_EQ(ToHex(range.hash), file.hash);
    EXPECT_EQ(range.timestamp_s.has_value(), file.has_timestamp);
  }
}

TEST(SegmentFooterTest, TheFooterOfOurOwnFileIsWhatItsWriterYielded) {
  for (const EvmTable table : {EvmTable::kBlocks, EvmTable::kTransactions, EvmTable::kLogs}) {
    const auto written = WriteFile(table, {LondonBlock(), PragueBlock()}).value();
    const auto footer = ParseSegmentFooter(
        written.bytes, {.path = "x/" + MetadataOf(table).filename, .table_name = ToString(table)});
    ASSERT_TRUE(footer) << footer.error().message;
    EXPECT_TRUE(footer->footer == written.footer);
    EXPECT_EQ(footer->metadata, MetadataOf(table));
    EXPECT_EQ(footer->metadata_json, PrintSegmentMetadata(MetadataOf(table)));
  }
}

// Method: Arrow reads the block from the file and the one for the cache; they differ in the places
// of the indexes alone.
TEST(SegmentFooterTest, TheCachedFooterOfAmpsFileHasAllButThePlacesOfIndexes) {
  for (const RealFile& file : RealFiles()) {
    const auto footer = ParseSegmentFooter(file.bytes, {.path = file.name});
    ASSERT_TRUE(footer) << footer.error().message;
    const auto kept = ReadWithArrow(footer->footer);
    EXPECT_EQ(footer->footer.substr(footer->footer.size() - 4), "PAR1");
    EXPECT_EQ(kept->size(), static_cast<std::int64_t>(footer->footer.size() - 8));
    const auto whole = ReadWithArrow(FooterOf(file.bytes));
    EXPECT_EQ(kept->num_rows(), whole->num_rows());
    EXPECT_TRUE(kept->schema()->Equals(*whole->schema()));
    EXPECT_TRUE(kept->key_value_metadata()->Equals(*whole->key_value_metadata()));
    ASSERT_EQ(kept->num_row_groups(), whole->num_row_groups());
    bool had_index = false;
    for (int group = 0; group < whole->num_row_groups(); ++group) {
      for (int column = 0; column < whole->num_columns(); ++column) {
        const auto before = whole->RowGroup(group)->ColumnChunk(column);
        const auto after = kept->RowGroup(group)->ColumnChunk(column);
        EXPECT_EQ(after->data_page_offset(), before->data_page_offset());
        EXPECT_EQ(after->total_compressed_size(), before->total_compressed_size());
        EXPECT_FALSE(after->GetColumnIndexLocation());
        EXPECT_FALSE(after->GetOffsetIndexLocation());
        had_index = had_index || before->GetOffsetIndexLocation();
      }
    }
    EXPECT_TRUE(had_index) << "the file had none to leave out";
  }
}

struct BadFooter {
  std::string_view what;
  std::string bytes;
  std::string reason;
};

std::vector<BadFooter> BadFooters() {
  const std::string good = BlockWith({{"nozzle_metadata", GoodJson()}});
  const std::string keys = PrintKeys({{"nozzle_metadata", GoodJson()}});
  const auto json = [](std::string text) { return FileWith(text); };
  const auto replaced = [](std::string from, std::string_view to) {
    std::string text = GoodJson();
    text.replace(text.find(from), from.size(), to);
    return FileWith(text);
  };
  const auto length = [&](std::uint32_t value) { return good + LittleEndian32(value) + "PAR1"; };
  const auto with_keys = [](const FooterKeys& more) {
    FooterKeys all = {{"nozzle_metadata", GoodJson()}};
    all.insert(all.end(), more.begin(), more.end());
    return WithTrailer(BlockWith(all));
  };
  return {
      {"no bytes", "", "0 bytes"},
      {"seven bytes", "1234PAR", "7 bytes"},
      {"another magic", "0123PAR2", "does not end as a Parquet file"},
      {"an encrypted footer", good + LittleEndian32(9) + "PARE", "encrypted"},
      {"length 0", length(0), "is empty"},
      {"length past the start", length(static_cast<std::uint32_t>(good.size()) + 1),
       "before its end"},
      {"length -1", length(0xFFFFFFFF), "over the limit"},
      {"length -2147483648", length(0x80000000), "over the limit"},
      {"length just over the bound", length((64U << 20U) + 1), "over the limit"},
      {"length one short", length(static_cast<std::uint32_t>(good.size()) - 1), "at byte"},
      {"length 1", length(1), "missing"},
      {"cut in half", WithTrailer(good.substr(0, good.size() / 2)), "at byte"},
      {"something after it", WithTrailer(good + "x"), "something follows"},
      {"no schema", WithTrailer("\x15\x04\x26" + ZigZag(0) + "\x19" + StructList(0) + keys + '\0'),
       "missing"},
      {"an empty schema", WithTrailer(PrintBlock({.schema = "\x19" + StructList(0), .keys = keys})),
       "schema is empty"},
      {"a list as long as 2^60",
       WithTrailer(PrintBlock({.schema = "\x19\xFC" + Varint(1ULL << 60U), .keys = keys})),
       "longer than the footer"},
      {"a text as long as 2^63",
       WithTrailer(PrintBlock({.keys = "\x19" + StructList(1) + "\x18" + Varint(1ULL << 63U)})),
       "longer than the footer"},
      {"a number of 11 bytes", WithTrailer("\x15" + std::string(10, '\xFF') + '\x01'),
       "more than 64 bits"},
      {"a field twice", WithTrailer("\x15\x04\x05\x02\x04"), "out of order"},
      {"fields of type 14", WithTrailer("\x1E\x04"), "unknown type"},
      {"a map of nothing known",
       WithTrailer(PrintBlock({.keys = keys, .end = std::string("\x1B\x01\xFF\0", 4)})),
       "unknown type"},
      {"negative rows", WithTrailer(PrintBlock({.num_rows = "\x16" + ZigZag(-1), .keys = keys})),
       "negative"},
      {"rows that its groups have not",
       WithTrailer(PrintBlock({.num_rows = "\x16" + ZigZag(5), .keys = keys})), "row groups 0"},
      {"encrypted columns",
       WithTrailer(PrintBlock({.keys = keys, .end = std::string("\x3C\0\0", 3)})), "encrypted"},
      {"no keys", WithTrailer(PrintBlock({})), "no nozzle_metadata"},
      {"other keys", WithTrailer(BlockWith({{"ARROW:schema", "x"}})), "no nozzle_metadata"},
      {"a value without a key",
       WithTrailer(PrintBlock(
           {.keys = "\x19" + StructList(1) + "\x28" + Binary("x") + std::string(1, '\0')})),
       "no key"},
      {"metadata twice", with_keys({{"nozzle_metadata", GoodJson()}}), "twice"},
      {"generation twice", with_keys({{"generation", "0"}, {"generation", "1"}}), "twice"},
      {"a generation of words", with_keys({{"generation", "first"}}), "generation"},
      {"a negative generation", with_keys({{"generation", "-1"}}), "generation"},
      {"parents of words", with_keys({{"parent_file_ids", "[a]"}}), "parent_file_ids"},
      {"parents without an end", with_keys({{"parent_file_ids", "[1,"}}), "parent_file_ids"},
      {"parent 0", with_keys({{"parent_file_ids", "[0]"}}), "parent_file_ids"},
      {"a thousand keys and one", WithTrailer(BlockWith(FooterKeys(1001, {"k", "v"}))), "too many"},
      {"metadata that are no JSON", json("hello"), "nozzle_metadata"},
      {"metadata that are null", json("null"), "nozzle_metadata"},
      {"metadata without members", json("{}"), "nozzle_metadata"},
      {"metadata over the bound", json(GoodJson() + std::string(1U << 20U, ' ')), "over the limit"},
      {"another file's name", replaced(std::string(kName), "000000007-fedcba9876543210.parquet"),
       "of a file '000000007-fedcba9876543210.parquet'"},
      {"another table", replaced("blocks", "logs"), "of the table 'logs', not of 'blocks'"},
      {"a reversed range", replaced("\"start\":7", "\"start\":10"), "nozzle_metadata"},
      {"a number past 2^64-1", replaced("\"end\":9", "\"end\":18446744073709551616"),
       "nozzle_metadata"},
      {"a negative number", replaced("\"start\":7", "\"start\":-7"), "nozzle_metadata"},
      {"a short hash", replaced("0x0", "0x"), "nozzle_metadata"},
      {"no range",
       json(R"({"table":"blocks","filename":")" + std::string(kName) +
            R"(","created_at":{"secs":1,"nanos":0},"ranges":[]})"),
       "no block range"},
      {"two ranges of one network",
       replaced(
           "\"ranges\":[", "\"ranges\":[" +
                               [] {
                                 const std::string text = GoodJson();
                                 const std::size_t begin = text.find("\"ranges\":[") + 10;
                                 return text.substr(begin, text.size() - begin - 2) + ",";
                               }()),
       "two block ranges"},
      {"a key twice",
       replaced("{\"table\":\"blocks\"", "{\"x\":{\"a\":1,\"a\":2},\"table\":\"blocks\""), "twice"},
      {"U+0000", replaced("{\"table\":\"blocks\"", "{\"x\":\"\\u0000\",\"table\":\"blocks\""),
       "U+0000"},
      {"half a surrogate",
       replaced("{\"table\":\"blocks\"", "{\"x\":\"\\ud800\",\"table\":\"blocks\""),
       "nozzle_metadata"},
  };
}

TEST(SegmentFooterTest, AFooterThatIsNoneIsRefusedWithItsReason) {
  // What all the bad ones are made from.
  ASSERT_TRUE(ParseSegmentFooter(FileWith(GoodJson()), Expected()));
  for (const BadFooter& bad : BadFooters()) {
    SCOPED_TRACE(bad.what);
    const auto footer = ParseSegmentFooter(bad.bytes, Expected());
    ASSERT_FALSE(footer);
    EXPECT_EQ(footer.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(footer.error().message, HasSubstr(bad.reason));
    EXPECT_LT(footer.error().message.size(), 400U);
  }
}

TEST(SegmentFooterTest, ReadsWhatIsUnusualButRight) {
  const auto footer = ParseSegmentFooter(
      WithTrailer(BlockWith({{"nozzle_metadata", SegmentJson("blocks", kName, 9007199254740993,
                                                             18446744073709551614ULL)},
                             {"parent_file_ids", "[ 1, 9223372036854775807 ]"},
                             {"generation", "18446744073709551615"},
                             {"other", ""}})),
      {.path = kName});
  ASSERT_TRUE(footer) << footer.error().message;
  EXPECT_EQ(footer->generation, 18446744073709551615ULL);
  EXPECT_EQ(footer->parent_file_ids, (std::vector<FileId>{FileId{1}, FileId{9223372036854775807}}));
  EXPECT_EQ(footer->metadata.ranges[0].blocks.first().value, 9007199254740993ULL);
  // Older files lack both.
  const auto older =
      ParseSegmentFooter(WithTrailer(BlockWith({{"nozzle_metadata", GoodJson()}})), Expected());
  ASSERT_TRUE(older) << older.error().message;
  EXPECT_FALSE(older->generation);
}

TEST(SegmentFooterTest, StructuresThatNestForEverEndInAnErrorNotInTheStack) {
  for (const char* nest : {"\x1C", "\x19\x19", "\x1B\x01\xCC"}) {
    std::string block;
    while (block.size() < (8U << 20U)) block += nest;
    const auto footer = ParseSegmentFooter(WithTrailer(block), Expected());
    ASSERT_FALSE(footer);
    EXPECT_EQ(footer.error().code, ErrorCode::kCorruption);
  }
}

TEST(SegmentFooterTest, AFooterOverTheCallersLimitIsToldFromABrokenOne) {
  const std::string folder =
      (std::filesystem::temp_directory_path() / fmt::format("segment_footer-{}", ::getpid()))
          .string();
  const auto store = object_store::OpenLocalStore(folder).value();
  // A comment of 200 KiB makes the footer larger than what is read first.
  const std::string file =
      "PAR1" + WithTrailer(BlockWith(
                   {{"nozzle_metadata", GoodJson()}, {"comment", std::string(200'000, 'c')}}));
  ASSERT_TRUE(store->Put(kPath, file, object_store::IfExists::kReplace));
  const auto limited = ReadSegmentFooter(*store, Expected(), 100'000);
  EXPECT_EQ(limited.error().code, ErrorCode::kInvalidArgument);
  const auto whole = ReadSegmentFooter(*store, Expected());
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->size_bytes, file.size());
  EXPECT_EQ(ReadSegmentFooter(*store, {.path = "a/b.parquet"}).error().code, ErrorCode::kNotFound);
  std::filesystem::remove_all(folder);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// Exits with 0 if 100 MiB more address space than the process has are enough for it.
[[noreturn]] void ReadTheLargestFooters() {
  const std::string keys = PrintKeys({{"nozzle_metadata", GoodJson()}});
  const std::uint64_t space = kMaxFooterBytes - 4096;
  const std::string files[] = {
      // One unknown field that is a text.
      WithTrailer(PrintBlock({.keys = keys + "\x28" + Varint(space) + std::string(space, 'x')})),
      // A schema of as many empty structures as fit.
      WithTrailer(PrintBlock(
          {.schema = "\x19" + StructList(space) + std::string(space, '\0'), .keys = keys})),
  };
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages;
  const rlimit limit{.rlim_cur = pages * 4096 + (100ULL << 20U), .rlim_max = RLIM_INFINITY};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
  for (const std::string& file : files) {
    if (!ParseSegmentFooter(file, Expected())) _exit(3);
  }
  _exit(0);
}

// Method: a child with little memory reads the largest footers that there can be, full of what
// would cost a careless reader many times their size.
TEST(SegmentFooterTest, TheLargestFooterIsReadInBoundedMemory) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ReadTheLargestFooters(), ::testing::ExitedWithCode(0), "");
}
#endif

// Method: ends of files, whole and with a few bytes changed, cut or repeated. Whatever comes, the
// reader ends; what it takes is what was asked for.
TEST(SegmentFooterPropertyTest, WhateverTheBytesAreTheReaderEndsAndTakesOnlyTheFileAskedFor) {
  const int seed = testing::UnitTest::GetInstance()->random_seed();
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  std::vector<std::string> files;
  for (RealFile& file : RealFiles()) files.push_back(std::move(file.bytes));
  const auto corpus = MakeFooterCorpus(files);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  int taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = corpus[below(corpus.size())];
    for (std::size_t changes = below(4); changes > 0 && !bytes.empty(); --changes) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + below(8));
          break;
        case 2:
          bytes.insert(at, bytes.substr(at, 1 + below(8)));
          break;
        default:
          bytes[at] = static_cast<char>(bytes[at] ^ (1U << below(8)));
          break;
      }
    }
    const auto footer = ParseSegmentFooter(bytes, {.path = kCorpusPath});
    if (!footer) {
      ASSERT_EQ(footer.error().code, ErrorCode::kCorruption);
      continue;
    }
    ++taken;
    ASSERT_EQ(footer->metadata.filename, kCorpusPath.substr(2));
    ASSERT_LE(footer->footer.size(), bytes.size());
    ASSERT_EQ(ParseSegmentFooter(footer->footer, {.path = kCorpusPath})->metadata_json,
              footer->metadata_json);
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace tidemark::parquet_io
