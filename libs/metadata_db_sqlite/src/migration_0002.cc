#include "migrations.h"

namespace tidemark::metadata_db_sqlite {

// Heads of chains, who may ask for them, and look-ups that would read a whole table without an
// index. A block number or time of a block may be over 2^63-1, so it is TEXT: a decimal number.
const char* const kMigration0002 = R"sql(
CREATE TABLE tidemark_chain_heads (
  network TEXT NOT NULL,
  tag TEXT NOT NULL CHECK (tag IN ('latest', 'finalized')),
  source TEXT NOT NULL,
  checked_at TEXT NOT NULL,
  error TEXT,
  block_number TEXT,
  block_hash TEXT,
  block_timestamp TEXT,
  observed_at TEXT,
  PRIMARY KEY (network, tag)
) STRICT;

CREATE TABLE tidemark_head_leases (
  network TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;

-- The jobs that were scheduled for a manifest. A detail that is no JSON is nobody's.
CREATE INDEX tidemark_scheduled_by_manifest ON job_events
  (CASE WHEN json_valid(detail) THEN json_extract(detail, '$.manifest_hash') END)
  WHERE event_type = 'SCHEDULED';

CREATE INDEX tidemark_tags_by_hash ON tags (hash);

PRAGMA user_version = 2;
)sql";

}  // namespace tidemark::metadata_db_sqlite
