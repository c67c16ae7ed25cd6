#include "migrations.h"

namespace tidemark::metadata_db_postgres {

// Heads of chains, who may ask for them, and look-ups that would read a whole table without an
// index. A block number or time of a block may be over 2^63-1, which bigint cannot hold.
const char* const kMigration0002 = R"sql(
CREATE TABLE tidemark.chain_heads (
  network text NOT NULL,
  tag text NOT NULL CHECK (tag IN ('latest', 'finalized')),
  source text NOT NULL,
  checked_at timestamptz NOT NULL,
  error text,
  block_number numeric(20) CHECK (block_number BETWEEN 0 AND 18446744073709551615),
  block_hash text,
  block_timestamp numeric(20) CHECK (block_timestamp BETWEEN 0 AND 18446744073709551615),
  observed_at timestamptz,
  PRIMARY KEY (network, tag)
);

CREATE TABLE tidemark.head_leases (
  network text PRIMARY KEY,
  owner text NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX tidemark_scheduled_by_manifest ON public.job_events ((detail->>'manifest_hash'))
  WHERE event_type = 'SCHEDULED';

CREATE INDEX tidemark_tags_by_hash ON public.tags (hash);
)sql";

}  // namespace tidemark::metadata_db_postgres
