// Rows of Amp's tables, read from the INSERT statements of a dump, and written to a database.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::conformance {

struct AmpRow {
  std::string table;  // Without its schema.
  std::vector<std::string> columns;
  std::vector<std::optional<std::string>> values;  // As text; nullopt for NULL.
  std::string sql;                                 // The statement that it was read from.

  /// nullopt also if the statement does not name the column.
  std::optional<std::string> Get(std::string_view column) const;
  /// Requires: the column is there, is not NULL, and is a number.
  std::int64_t Number(std::string_view column) const;
};

/// Throws std::runtime_error if the file holds anything but what pg_dump writes with --inserts.
std::vector<AmpRow> ReadAmpRows(const std::filesystem::path& file);

/// One statement a row, so that rows are counted as they would be when they came one by one.
/// `url` is of a superuser. Throws std::runtime_error.
void InsertIntoPostgres(const std::vector<AmpRow>& rows, const std::string& url);
/// The same, with SQLite's spelling of times and bytes, and foreign keys off as in the dump.
void InsertIntoSqlite(const std::vector<AmpRow>& rows, const std::filesystem::path& file);

/// Runs a script. Throws std::runtime_error.
void RunInPostgres(const std::string& sql, const std::string& url);

}  // namespace tidemark::conformance
