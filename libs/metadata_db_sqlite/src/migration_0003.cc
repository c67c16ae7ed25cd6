#include "migrations.h"

namespace tidemark::metadata_db_sqlite {

// Garbage collection: objects that no row names any more, and the reorganisations that removed
// files told of. Without a foreign key, so that what is to be deleted outlives its revision.
const char* const kMigration0003 = R"sql(
CREATE TABLE tidemark_condemned_objects (
  location_id INTEGER NOT NULL,
  file_name TEXT NOT NULL,
  path TEXT NOT NULL,
  deleted_at TEXT,
  PRIMARY KEY (location_id, file_name)
) STRICT;
CREATE INDEX tidemark_condemned_to_delete ON tidemark_condemned_objects (location_id, file_name)
  WHERE deleted_at IS NULL;
CREATE INDEX tidemark_condemned_deleted ON tidemark_condemned_objects (deleted_at)
  WHERE deleted_at IS NOT NULL;

CREATE INDEX tidemark_collection_by_time ON gc_manifest (expiration);

ALTER TABLE tidemark_table_versions ADD COLUMN removed_reorgs INTEGER NOT NULL DEFAULT 0;

PRAGMA user_version = 3;
)sql";

}  // namespace tidemark::metadata_db_sqlite
