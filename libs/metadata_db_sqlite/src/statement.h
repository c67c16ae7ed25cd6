// SQL texts, and one run of one of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/names.h"

struct sqlite3_stmt;

namespace tidemark::metadata_db_sqlite {

/// A SQL text whose values are parameters ?1, ?2 ... A connection prepares it once and finds it
/// again by its address, so it must be a constant.
struct Query {
  const char* sql;
};

/// A value to be stored as a blob.
struct Blob {
  std::string_view bytes;
};

/// One run of a prepared statement, which goes back to its connection, reset, at the end. Only one
/// run of a query may exist at a time on a connection. Not thread-safe.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* prepared) : run_(prepared) {}

  Status Bind(int parameter, std::nullopt_t);
  Status Bind(int parameter, std::int64_t value);
  Status Bind(int parameter, std::string_view text);
  Status Bind(int parameter, Blob blob);
  template <class T>
  Status Bind(int parameter, const std::optional<T>& value) {
    return value ? Bind(parameter, *value) : Bind(parameter, std::nullopt);
  }

  /// Moves to the next row; false if there is none.
  Result<bool> Step();

  /// Columns of the present row, from 0.
  std::int64_t Int64(int column) const;
  std::string Text(int column) const { return std::string(View(column)); }
  /// Until the next step.
  std::string_view View(int column) const;
  std::optional<std::int64_t> OptionalInt64(int column) const;
  std::optional<std::string> OptionalText(int column) const;
  /// Errors: kCorruption if the text is not 64 lower-case hex digits.
  Result<ManifestHash> Hash(int column) const;
  /// Errors: kCorruption if the text is no time.
  Result<UtcTime> Time(int column) const;

 private:
  struct Reset {
    void operator()(sqlite3_stmt* prepared) const;
  };

  Status Check(int result_code) const;

  std::unique_ptr<sqlite3_stmt, Reset> run_;
};

}  // namespace tidemark::metadata_db_sqlite
