// What a statement yielded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/names.h"

struct pg_result;

namespace tidemark::metadata_db_postgres {

struct ClearResult {
  void operator()(pg_result* result) const;
};
using ResultPtr = std::unique_ptr<pg_result, ClearResult>;

/// One row of a result, which it must not outlive. Columns count from 0. The SQL decides the types:
/// bigint for Int64, anything that is sent as its text for Text, timestamptz for Time.
class Row {
 public:
  Row(const pg_result* result, int number) : result_(result), number_(number) {}

  bool IsNull(int column) const;
  std::int64_t Int64(int column) const;
  std::string Text(int column) const { return std::string(View(column)); }
  std::optional<std::int64_t> OptionalInt64(int column) const;
  std::optional<std::string> OptionalText(int column) const;
  /// Errors: kCorruption unless it is a manifest hash in lower case.
  Result<ManifestHash> Hash(int column) const;
  /// Errors: kCorruption for NULL, "infinity", and a time that UtcTime cannot hold.
  Result<UtcTime> Time(int column) const;
  /// The bytes of the column, as long as the result lives.
  std::string_view View(int column) const;

 private:
  const pg_result* result_;
  int number_;
};

/// The rows of one statement.
class Rows {
 public:
  explicit Rows(ResultPtr result) : result_(std::move(result)) {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  Row operator[](std::size_t number) const { return {result_.get(), static_cast<int>(number)}; }
  /// Rows that the statement inserted, updated or deleted.
  std::uint64_t changed() const;
  /// The word that names what was done: "COMMIT".
  std::string_view command() const;

 private:
  ResultPtr result_;
};

}  // namespace tidemark::metadata_db_postgres
