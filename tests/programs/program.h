// What the programs have in common that write to a metadata database beside tests and benchmarks.
#pragma once

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <errno.h>
#include <fmt/format.h>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/base/text.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/metadata_db_postgres/metadata_db_postgres.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::programs {

/// Ends the program with status 2.
[[noreturn]] inline void Fail(std::string_view what) {
  fmt::print(stderr, "{}: {}\n", program_invocation_short_name, what);
  std::exit(2);
}

/// The result's value, or the end of the program.
template <class T>
T Must(Result<T> result, std::string_view what) {
  if (!result) Fail(fmt::format("{}: {}", what, result.error().message));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

inline Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }

template <class T>
T NumberOf(std::string_view text) {
  const auto number = ParseDecimal<T>(text);
  if (!number) Fail(fmt::format("'{}' is no number", text));
  return *number;
}

/// Of NAMESPACE/NAME@HASH.
inline DatasetVersion VersionOf(std::string_view text) {
  const auto slash = text.find('/');
  const auto at = text.find('@');
  if (slash == std::string_view::npos || at == std::string_view::npos || at < slash) {
    Fail("a dataset is NAMESPACE/NAME@HASH");
  }
  return {.dataset = {.ns = std::string(text.substr(0, slash)),
                      .name = std::string(text.substr(slash + 1, at - slash - 1))},
          .manifest_hash = {.hex = std::string(text.substr(at + 1))}};
}

/// `database`: postgres://... or a file of SQLite.
inline std::unique_ptr<metadata_db::MetadataStore> OpenStore(const std::string& database) {
  if (database.starts_with("postgres")) {
    metadata_db_postgres::PostgresOptions options;
    options.url = database;
    return Must(metadata_db_postgres::OpenPostgresStore(options, Soon()), "open the database");
  }
  return Must(metadata_db_sqlite::OpenSqliteStore({.file = database}, Soon()), "open the database");
}

}  // namespace tidemark::programs
