#include <chrono>

#include <fmt/format.h>

#include "collect_rows.h"
#include "select_rows.h"
#include "tidemark/base/text.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::ChainHeadRow;
using metadata_db::HeadLease;

// "latest" comes before "finalized".
constexpr Query kSelectHeads{R"sql(
SELECT network, tag, source, checked_at, error, block_number, block_hash, block_timestamp,
  observed_at
FROM tidemark_chain_heads ORDER BY network, tag DESC)sql"};

constexpr Query kPutLook{R"sql(
INSERT INTO tidemark_chain_heads (network, tag, source, checked_at, error)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (network, tag) DO UPDATE SET source = excluded.source,
  checked_at = excluded.checked_at, error = excluded.error)sql"};

constexpr Query kPutFound{R"sql(
UPDATE tidemark_chain_heads
SET block_number = ?3, block_hash = ?4, block_timestamp = ?5, observed_at = ?6
WHERE network = ?1 AND tag = ?2)sql"};

constexpr Query kSelectLease{
    "SELECT owner, expires_at FROM tidemark_head_leases WHERE network = ?1"};

constexpr Query kPutLease{R"sql(
INSERT INTO tidemark_head_leases (network, owner, expires_at) VALUES (?1, ?2, ?3)
ON CONFLICT (network) DO UPDATE SET owner = excluded.owner,
  expires_at = excluded.expires_at)sql"};

Result<ObservedHead> ReadFound(const Statement& row) {
  const auto number = ParseDecimal<std::uint64_t>(row.Text(5));
  const auto hash = ParseHash32(row.Text(6));
  const auto timestamp_s = ParseDecimal<std::uint64_t>(row.Text(7));
  TIDEMARK_TRY(const UtcTime observed_at, row.Time(8));
  if (!number || !hash || !timestamp_s) {
    return MakeError(
        ErrorCode::kCorruption,
        fmt::format("the stored {} head of network {} cannot be read", row.Text(1), row.Text(0)));
  }
  return ObservedHead{.head = {.number = {*number}, .hash = *hash, .timestamp_s = *timestamp_s},
                      .observed_at = observed_at};
}

Result<ChainHeadRow> ReadHead(const Statement& row) {
  TIDEMARK_TRY(const UtcTime checked_at, row.Time(3));
  ChainHeadRow head{
      .network = row.Text(0),
      .tag = row.Text(1) == ToString(HeadTag::kLatest) ? HeadTag::kLatest : HeadTag::kFinalized,
      .source = row.Text(2),
      .checked_at = checked_at,
      .error = row.OptionalText(4)};
  if (row.OptionalText(5)) {
    TIDEMARK_TRY(head.found, ReadFound(row));
  }
  return head;
}

// One whose end cannot be read has ended.
Result<std::optional<HeadLease>> FindLease(const Write& write, std::string_view network) {
  TIDEMARK_TRY(Statement row, write.connection.Start(kSelectLease, network));
  TIDEMARK_TRY(const bool is_there, row.Step());
  if (!is_there) return std::nullopt;
  const auto expires_at = row.Time(1);
  if (!expires_at) return std::nullopt;
  return HeadLease{.owner = row.Text(0), .expires_at = *expires_at};
}

}  // namespace

Result<std::vector<ChainHeadRow>> SelectChainHeads(Connection& connection) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectHeads));
  return CollectRows(std::move(statement), ReadHead);
}

Result<bool> LeaseChainHead(const Write& write, std::string_view network, std::string_view owner,
                            std::chrono::milliseconds duration) {
  TIDEMARK_TRY(const auto present, FindLease(write, network));
  if (!metadata_db::MayLease(owner, present, write.time)) return false;
  TIDEMARK_TRY(
      write.connection.Run(kPutLease, network, owner, FormatRfc3339(write.time + duration)));
  return true;
}

Status PutChainHead(const Write& write, const ChainHeadRow& head) {
  const std::string_view tag = ToString(head.tag);
  TIDEMARK_TRY(write.connection.Run(kPutLook, head.network, tag, head.source,
                                    FormatRfc3339(head.checked_at), head.error));
  if (!head.found) return {};
  const auto& [block, observed_at] = *head.found;
  return write.connection.Run(kPutFound, head.network, tag, std::to_string(block.number.value),
                              ToHex(block.hash), std::to_string(block.timestamp_s),
                              FormatRfc3339(observed_at));
}

}  // namespace tidemark::metadata_db_sqlite
