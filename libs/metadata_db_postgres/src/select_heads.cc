#include <fmt/format.h>

#include "collect_rows.h"
#include "select_rows.h"
#include "tidemark/base/text.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::ChainHeadRow;

// "latest" comes before "finalized".
constexpr Query kSelectHeads{R"sql(
SELECT network, tag, source, checked_at, error, block_number::text, block_hash,
  block_timestamp::text, observed_at
FROM tidemark.chain_heads ORDER BY network COLLATE "C", tag COLLATE "C" DESC)sql"};

Result<ObservedHead> ReadFound(const Row& row) {
  const auto number = ParseDecimal<std::uint64_t>(row.View(5));
  const auto hash = ParseHash32(row.View(6));
  const auto timestamp_s = ParseDecimal<std::uint64_t>(row.View(7));
  TIDEMARK_TRY(const UtcTime observed_at, row.Time(8));
  if (!number || !hash || !timestamp_s) {
    return MakeError(
        ErrorCode::kCorruption,
        fmt::format("the stored {} head of network {} cannot be read", row.Text(1), row.Text(0)));
  }
  return ObservedHead{.head = {.number = {*number}, .hash = *hash, .timestamp_s = *timestamp_s},
                      .observed_at = observed_at};
}

Result<ChainHeadRow> ReadHead(const Row& row) {
  TIDEMARK_TRY(const UtcTime checked_at, row.Time(3));
  ChainHeadRow head{
      .network = row.Text(0),
      .tag = row.View(1) == ToString(HeadTag::kLatest) ? HeadTag::kLatest : HeadTag::kFinalized,
      .source = row.Text(2),
      .checked_at = checked_at,
      .error = row.OptionalText(4)};
  if (!row.IsNull(5)) {
    TIDEMARK_TRY(head.found, ReadFound(row));
  }
  return head;
}

}  // namespace

Result<std::vector<ChainHeadRow>> SelectChainHeads(Connection& connection, Ownership ownership) {
  if (ownership == Ownership::kAmps) return {};
  TIDEMARK_TRY(const Rows rows, connection.Run(kSelectHeads));
  return CollectRows(rows, ReadHead);
}

}  // namespace tidemark::metadata_db_postgres
