// The SQL that builds the schema, step by step. A released migration never changes; a change of the
// schema is a new one.
#pragma once

namespace tidemark::metadata_db_postgres {

extern const char* const kMigration0001;
extern const char* const kMigration0002;
extern const char* const kMigration0003;
extern const char* const kMigration0004;

}  // namespace tidemark::metadata_db_postgres
