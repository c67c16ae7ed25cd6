// What SegmentWriter writes, read with Arrow and compared with values written down by hand.
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <gtest/gtest.h>

#include "evm_table_reader.h"
#include "memory_object.h"
#include "sample_blocks.h"

namespace tidemark::parquet_io {
namespace {

/// Checks columns of one table against JSON, one text a column with one value a row.
class ColumnChecker {
 public:
  explicit ColumnChecker(EvmTable table)
      : table_(ReadTable(
            WriteFile(table, {PreMergeBlock(), LondonBlock(), PragueBlock()}).value().bytes)) {}
  ColumnChecker(const ColumnChecker&) = delete;
  ColumnChecker& operator=(const ColumnChecker&) = delete;
  ~ColumnChecker() { EXPECT_EQ(checked_, table_->num_columns()) << "a column is not tested"; }

  void Expect(const std::string& column, std::string json) {
    const auto actual = table_->GetColumnByName(column);
    ASSERT_NE(actual, nullptr) << column;
    // *x in the JSON stands for 32 times x, and @x for 20 times.
    for (std::size_t at = 0; (at = json.find_first_of("*@", at)) != std::string::npos;) {
      const std::size_t times = json[at] == '*' ? 32 : 20;
      json.replace(at, 2, std::string(times, json[at + 1]));
      at += times;
    }
    const auto expected = arrow::json::ArrayFromJSONString(actual->type(), json).ValueOrDie();
    EXPECT_TRUE(actual->chunk(0)->Equals(expected)) << column << "\n"
                                                    << actual->chunk(0)->Diff(*expected);
    ++checked_;
  }

 private:
  std::shared_ptr<arrow::Table> table_;
  int checked_ = 0;
};

constexpr const char* kNumbers = "[46147, 9007199254740993, 18446744073709551615]";

TEST(SegmentValuesTest, EveryColumnOfBlocksHasTheBlocksValues) {
  ColumnChecker blocks(EvmTable::kBlocks);
  blocks.Expect("_block_num", kNumbers);
  blocks.Expect("block_num", kNumbers);
  blocks.Expect("timestamp", "[1438918233000000000, 1628166822000000000, 9223372036000000000]");
  blocks.Expect("hash", R"(["*a", "*A", "*0"])");
  blocks.Expect("parent_hash", R"(["*b", "*B", "*1"])");
  blocks.Expect("ommers_hash", R"(["*c", "*C", "*2"])");
  blocks.Expect("miner", R"(["@d", "@D", "@3"])");
  blocks.Expect("state_root", R"(["*e", "*E", "*4"])");
  blocks.Expect("transactions_root", R"(["*f", "*F", "*5"])");
  blocks.Expect("receipt_root", R"(["*g", "*G", "*6"])");
  blocks.Expect("logs_bloom", R"(["bloom", "LB", ""])");
  blocks.Expect("difficulty", R"(["1460050855221", "0", "0"])");
  blocks.Expect("total_difficulty", R"(["99999999999999999999999999999999999999", null, null])");
  blocks.Expect("gas_limit", "[21001, 9223372036854775808, 0]");
  blocks.Expect("gas_used", "[21000, 30000000, 0]");
  blocks.Expect("extra_data", R"(["Geth", "", "x"])");
  blocks.Expect("mix_hash", R"(["*h", "*H", "*7"])");
  blocks.Expect("nonce", "[18446744073709551615, 0, 0]");
  blocks.Expect("base_fee_per_gas", R"([null, "1000000000", "18446744073709551616"])");
  blocks.Expect("withdrawals_root", R"([null, null, "*v"])");
  blocks.Expect("blob_gas_used", "[null, null, 393216]");
  blocks.Expect("excess_blob_gas", "[null, null, 18446744073709551615]");
  blocks.Expect("parent_beacon_root", R"([null, null, "*w"])");
  blocks.Expect("requests_hash", R"([null, null, "*q"])");
}

// One row of the first block, two of the second, three of the third.
TEST(SegmentValuesTest, EveryColumnOfTransactionsHasTheTransactionsValues) {
  ColumnChecker transactions(EvmTable::kTransactions);
  const std::string numbers =
      "[46147, 9007199254740993, 9007199254740993, 18446744073709551615, 18446744073709551615, "
      "18446744073709551615]";
  transactions.Expect("_block_num", numbers);
  transactions.Expect("block_hash", R"(["*a", "*A", "*A", "*0", "*0", "*0"])");
  transactions.Expect("block_num", numbers);
  transactions.Expect("timestamp",
                      "[1438918233000000000, 1628166822000000000, 1628166822000000000, "
                      "9223372036000000000, 9223372036000000000, 9223372036000000000]");
  transactions.Expect("tx_index", "[0, 0, 1, 4294967295, 1, 2]");
  transactions.Expect("tx_hash", R"(["*p", "*J", "*P", "*5", "*C", "*X"])");
  transactions.Expect("to", R"([null, "@t", "@u", "@b", "@c", null])");
  transactions.Expect("nonce", "[1, 9223372036854775808, 0, 0, 0, 0]");
  transactions.Expect(
      "gas_price", R"(["99999999999999999999999999999999999999", "11", null, null, null, null])");
  transactions.Expect("gas_limit", "[2, 12, 22, 0, 0, 0]");
  transactions.Expect(
      "value",
      R"(["115792089237316195423570985008687907853269984665640564039457584007913129639935",
          "0", "1000000000000000000", "1", "2", "3"])");
  transactions.Expect("input", R"(["", "call1", "call2", "", "", ""])");
  transactions.Expect("r", R"(["*r", "*L", "*R", "*7", "*E", "*Z"])");
  transactions.Expect("s", R"(["*s", "*M", "*S", "*8", "*F", "*["])");
  transactions.Expect("v_parity", "[false, true, false, false, false, false]");
  transactions.Expect("chain_id", "[null, 18446744073709551615, 1, 1, null, null]");
  transactions.Expect("gas_used", "[3, 13, 23, 0, 0, 0]");
  transactions.Expect("type", "[0, 1, 2, 3, 4, 127]");
  transactions.Expect("max_fee_per_gas", R"(["99999999999999999999999999999999999999", "11", "24",
                                             "31", null, null])");
  transactions.Expect("max_priority_fee_per_gas", R"([null, null, "25", "0", null, null])");
  transactions.Expect("max_fee_per_blob_gas", R"([null, null, null, "32", null, null])");
  transactions.Expect("from", R"(["@q", "@K", "@Q", "@6", "@D", "@Y"])");
  transactions.Expect("status", "[false, true, true, false, false, false]");
  transactions.Expect("state_root", R"(["*z", null, null, null, null, null])");
  transactions.Expect("access_list", R"([
      null,
      [{"address": "@x", "storage_keys": ["*k", "*l"]}, {"address": "@y", "storage_keys": []},
       {"address": "@x", "storage_keys": ["*m"]}],
      [], [], null, null])");
  transactions.Expect("blob_versioned_hashes", R"([null, null, null, ["*f", "*g"], null, []])");
  transactions.Expect("authorization_list", R"([
      null, null, null, null,
      [{"chain_id": 1, "address": "@h", "nonce": 18446744073709551615, "y_parity": true,
        "r": "*i", "s": "*j"},
       {"chain_id": 0, "address": "@n", "nonce": 0, "y_parity": false, "r": "*o", "s": "*p"}],
      []])");
}

TEST(SegmentValuesTest, EveryColumnOfLogsHasTheLogsValues) {
  ColumnChecker logs(EvmTable::kLogs);
  const std::string numbers =
      "[9007199254740993, 9007199254740993, 9007199254740993, 9007199254740993, 9007199254740993]";
  logs.Expect("_block_num", numbers);
  logs.Expect("block_hash", R"(["*A", "*A", "*A", "*A", "*A"])");
  logs.Expect("block_num", numbers);
  logs.Expect("timestamp",
              "[1628166822000000000, 1628166822000000000, 1628166822000000000, "
              "1628166822000000000, 1628166822000000000]");
  logs.Expect("tx_hash", R"(["*P", "*P", "*P", "*P", "*P"])");
  logs.Expect("tx_index", "[1, 1, 1, 1, 1]");
  logs.Expect("log_index", "[0, 1, 2, 3, 4]");
  logs.Expect("address", R"(["@a", "@b", "@c", "@d", "@e"])");
  logs.Expect("topic0", R"([null, "*0", "*0", "*0", "*0"])");
  logs.Expect("topic1", R"([null, null, "*1", "*1", "*1"])");
  logs.Expect("topic2", R"([null, null, null, "*2", "*2"])");
  logs.Expect("topic3", R"([null, null, null, null, "*3"])");
  logs.Expect("data", R"(["", "d", "dd", "ddd", "dddd"])");
}

}  // namespace
}  // namespace tidemark::parquet_io
