#include <string>

#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::HeadLease;

constexpr Query kPutLook{R"sql(
INSERT INTO tidemark.chain_heads (network, tag, source, checked_at, error)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (network, tag) DO UPDATE SET source = excluded.source,
  checked_at = excluded.checked_at, error = excluded.error)sql"};

constexpr Query kPutFound{R"sql(
UPDATE tidemark.chain_heads
SET block_number = $3::numeric, block_hash = $4, block_timestamp = $5::numeric, observed_at = $6
WHERE network = $1 AND tag = $2)sql"};

// Something to lock: a lease that has ended.
constexpr Query kAddLease{R"sql(
INSERT INTO tidemark.head_leases (network, owner, expires_at) VALUES ($1, $2, '-infinity')
ON CONFLICT (network) DO NOTHING)sql"};

constexpr Query kLockLease{R"sql(
SELECT owner, expires_at FROM tidemark.head_leases WHERE network = $1 FOR UPDATE)sql"};

constexpr Query kSelectNow{"SELECT coalesce($1, statement_timestamp())"};

constexpr Query kPutLease{R"sql(
UPDATE tidemark.head_leases SET owner = $2, expires_at = $3 WHERE network = $1)sql"};

}  // namespace

Result<bool> LeaseChainHead(const Write& write, std::string_view network, std::string_view owner,
                            std::chrono::milliseconds duration) {
  // The time is that after the wait for the lock.
  TIDEMARK_TRY(const auto results, write.connection.RunAll({Statement(kAddLease, network, owner),
                                                            Statement(kLockLease, network),
                                                            Statement(kSelectNow, write.now)}));
  const Row row = results[1][0];
  TIDEMARK_TRY(const UtcTime now, results[2][0].Time(0));
  std::optional<HeadLease> present;
  // One whose end cannot be read has ended.
  if (const auto expires_at = row.Time(1)) {
    present = HeadLease{.owner = row.Text(0), .expires_at = *expires_at};
  }
  if (!metadata_db::MayLease(owner, present, now)) return false;
  TIDEMARK_TRY(write.connection.Run(kPutLease, network, owner, now + duration));
  return true;
}

Status PutChainHead(const Write& write, const metadata_db::ChainHeadRow& head) {
  const std::string_view tag = ToString(head.tag);
  std::vector<Statement> statements;
  statements.emplace_back(kPutLook, head.network, tag, head.source, head.checked_at, head.error);
  if (head.found) {
    const auto& [block, observed_at] = *head.found;
    statements.emplace_back(kPutFound, head.network, tag, std::to_string(block.number.value),
                            ToHex(block.hash), std::to_string(block.timestamp_s), observed_at);
  }
  TIDEMARK_TRY(write.connection.RunAll(statements));
  return {};
}

}  // namespace tidemark::metadata_db_postgres
