// The SQL that builds the schema, step by step. A released migration never changes; a change of the
// schema is a new one, which ends by setting user_version to its number.
#pragma once

namespace tidemark::metadata_db_sqlite {

extern const char* const kMigration0001;
extern const char* const kMigration0002;
extern const char* const kMigration0003;
extern const char* const kMigration0004;

}  // namespace tidemark::metadata_db_sqlite
