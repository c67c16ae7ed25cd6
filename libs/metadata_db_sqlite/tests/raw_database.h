// The database file as a program of somebody else's sees it.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include <sqlite3.h>

namespace tidemark::metadata_db_sqlite {

class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& file) {
    if (sqlite3_open(file.c_str(), &database_) != SQLITE_OK) Fail();
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase() { sqlite3_close(database_); }

  void Run(const std::string& script) {
    if (sqlite3_exec(database_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) Fail();
  }

  /// The columns of all rows, with "|" between columns and a line end after each row.
  std::string Query(const std::string& sql) {
    std::string text;
    const auto append = [](void* out, int count, char** values, char**) {
      auto& rows = *static_cast<std::string*>(out);
      for (int i = 0; i < count; ++i) {
        if (i > 0) rows += '|';
        rows += values[i] != nullptr ? values[i] : "null";
      }
      rows += '\n';
      return 0;
    };
    if (sqlite3_exec(database_, sql.c_str(), append, &text, nullptr) != SQLITE_OK) Fail();
    return text;
  }

 private:
  [[noreturn]] void Fail() { throw std::runtime_error(sqlite3_errmsg(database_)); }

  sqlite3* database_ = nullptr;
};

}  // namespace tidemark::metadata_db_sqlite
