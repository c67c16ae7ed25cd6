#include "migrations.h"

namespace tidemark::metadata_db_postgres {

// Garbage collection: objects that no row names any more, and the reorganisations that removed
// files told of. Without a foreign key, so that what is to be deleted outlives its revision.
const char* const kMigration0003 = R"sql(
CREATE TABLE tidemark.condemned_objects (
  location_id bigint NOT NULL,
  file_name text NOT NULL,
  path text NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (location_id, file_name)
);
CREATE INDEX condemned_to_delete ON tidemark.condemned_objects (location_id, file_name)
  WHERE deleted_at IS NULL;
CREATE INDEX condemned_deleted ON tidemark.condemned_objects (deleted_at)
  WHERE deleted_at IS NOT NULL;

CREATE INDEX tidemark_collection_by_time ON public.gc_manifest (expiration);

ALTER TABLE tidemark.table_versions ADD COLUMN removed_reorgs bigint NOT NULL DEFAULT 0;
)sql";

}  // namespace tidemark::metadata_db_postgres
