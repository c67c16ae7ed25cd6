// Whose the database is.
#pragma once

#include <cstdint>

namespace tidemark::metadata_db_postgres {

enum class Ownership : std::uint8_t {
  kOurs,  // Has the schema "tidemark", and may be written.
  kAmps,  // Has Amp's tables alone, and is only read.
};

}  // namespace tidemark::metadata_db_postgres
