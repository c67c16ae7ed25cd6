// Which database a URL names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::app {

struct DatabaseUrl {
  enum class Kind : std::uint8_t { kPostgres, kSqlite };

  Kind kind = Kind::kPostgres;
  std::string target;  // The URL as PostgreSQL's library takes it; the file of SQLite.
  std::string shown;   // For people: without user, password and parameters.
};

/// Reads "postgres://...", libpq's "host=... dbname=...", "sqlite:FILE" or "sqlite://FILE".
/// Errors: kInvalidArgument, saying what it must be, without the text.
Result<DatabaseUrl> ParseDatabaseUrl(std::string_view text);

}  // namespace tidemark::app
