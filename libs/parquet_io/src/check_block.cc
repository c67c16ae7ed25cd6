#include "check_block.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tidemark::parquet_io {
namespace {

constexpr std::uint64_t kTimestampSecondsMax =
    std::numeric_limits<std::int64_t>::max() / kNanosecondsPerSecond;

// A page holds at most 2^31-1 bytes, and a block's values of one column may all come into one page,
// behind what earlier blocks left there.
constexpr std::uint64_t kColumnBytesMax = 1ULL << 29U;

constexpr Uint128 MakeDecimalMax() {
  Uint128 power = 1;
  for (int digit = 0; digit < 38; ++digit) power *= 10;
  return power - 1;
}
constexpr Uint128 kDecimalMax = MakeDecimalMax();

/// Collects the first failure of one row.
class RowCheck {
 public:
  /// `row` names the row within the block, "" for the block's own.
  RowCheck(const EvmBlock& block, std::string_view row_kind, std::uint64_t row)
      : block_(block), row_kind_(row_kind), row_(row) {}

  void Decimal(std::string_view column, const std::optional<Uint128>& value) {
    if (value && *value > kDecimalMax) Fail(column, "has more than 38 digits");
  }

  void Fail(std::string_view column, std::string_view why) {
    if (!status_) return;
    const std::string row = row_kind_.empty() ? "" : fmt::format(", {} {}", row_kind_, row_);
    status_ = MakeError(ErrorCode::kInvalidArgument,
                        fmt::format("block {}{}: {} {}", block_.number.value, row, column, why));
  }

  Status status() const { return status_; }

 private:
  const EvmBlock& block_;
  const std::string_view row_kind_;
  const std::uint64_t row_;
  Status status_;
};

bool IsDecimalText(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Status CheckHeader(const EvmBlock& block) {
  RowCheck check(block, "", 0);
  check.Decimal("difficulty", block.difficulty);
  check.Decimal("total_difficulty", block.total_difficulty);
  check.Decimal("base_fee_per_gas", block.base_fee_per_gas);
  if (block.logs_bloom.size() > kColumnBytesMax) check.Fail("logs_bloom", "is too long");
  if (block.extra_data.size() > kColumnBytesMax) check.Fail("extra_data", "is too long");
  return check.status();
}

Status CheckTransactions(const EvmBlock& block) {
  std::uint64_t input_bytes = 0;
  for (const EvmTransaction& transaction : block.transactions) {
    RowCheck check(block, "transaction", transaction.index);
    check.Decimal("gas_price", transaction.gas_price);
    check.Decimal("max_fee_per_gas", transaction.max_fee_per_gas);
    check.Decimal("max_priority_fee_per_gas", transaction.max_priority_fee_per_gas);
    check.Decimal("max_fee_per_blob_gas", transaction.max_fee_per_blob_gas);
    if (!IsDecimalText(transaction.value)) check.Fail("value", "is not a decimal number");
    input_bytes += transaction.input.size();
    if (input_bytes > kColumnBytesMax) check.Fail("input", "makes the block's inputs too long");
    TIDEMARK_TRY(check.status());
  }
  return {};
}

Status CheckLogs(const EvmBlock& block) {
  std::uint64_t data_bytes = 0;
  for (const EvmLog& log : block.logs) {
    RowCheck check(block, "log", log.index);
    if (log.topics.size() > 4)
      check.Fail("topics", fmt::format("are {}, not 0 to 4", log.topics.size()));
    data_bytes += log.data.size();
    if (data_bytes > kColumnBytesMax) check.Fail("data", "makes the block's logs too long");
    TIDEMARK_TRY(check.status());
  }
  return {};
}

}  // namespace

Status CheckBlock(const EvmBlock& block, EvmTable table) {
  if (block.timestamp_s > kTimestampSecondsMax) {
    RowCheck check(block, "", 0);
    check.Fail("timestamp", fmt::format("is {} s, past the last one of 64-bit nanoseconds, {} s",
                                        block.timestamp_s, kTimestampSecondsMax));
    return check.status();
  }
  switch (table) {
    case EvmTable::kBlocks:
      return CheckHeader(block);
    case EvmTable::kTransactions:
      return CheckTransactions(block);
    case EvmTable::kLogs:
      return CheckLogs(block);
  }
  return {};
}

}  // namespace tidemark::parquet_io
