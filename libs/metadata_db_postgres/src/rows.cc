#include "rows.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "query.h"

namespace tidemark::metadata_db_postgres {

void ClearResult::operator()(pg_result* result) const { PQclear(result); }

bool Row::IsNull(int column) const { return PQgetisnull(result_, number_, column) != 0; }

std::string_view Row::View(int column) const {
  return {PQgetvalue(result_, number_, column),
          static_cast<std::size_t>(PQgetlength(result_, number_, column))};
}

std::int64_t Row::Int64(int column) const {
  std::uint64_t value = 0;
  for (const char byte : View(column)) value = value << 8 | static_cast<unsigned char>(byte);
  return std::bit_cast<std::int64_t>(value);
}

std::optional<std::int64_t> Row::OptionalInt64(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int64(column);
}

std::optional<std::string> Row::OptionalText(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Text(column);
}

Result<ManifestHash> Row::Hash(int column) const {
  const std::string text = Text(column);
  auto hash = ParseManifestHash(text);
  // Only the form that look-ups use: a row that no look-up finds is of no use in a list.
  if (hash && hash->hex == text) return *std::move(hash);
  return MakeError(ErrorCode::kCorruption,
                   fmt::format("column {} of the database is no manifest hash: \"{}\"",
                               PQfname(result_, column), text));
}

Result<UtcTime> Row::Time(int column) const {
  using std::chrono::microseconds;
  // "infinity" and "-infinity" are the ends of the type, and so are out of range, too.
  constexpr auto kFirst = std::chrono::ceil<microseconds>(UtcTime::min()) - kPostgresEpoch;
  constexpr auto kLast = std::chrono::floor<microseconds>(UtcTime::max()) - kPostgresEpoch;
  const microseconds since{Int64(column)};
  if (IsNull(column) || since < kFirst || since > kLast) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("column {} of the database is no time", PQfname(result_, column)));
  }
  return kPostgresEpoch + since;
}

std::size_t Rows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }

std::string_view Rows::command() const { return PQcmdStatus(result_.get()); }

std::uint64_t Rows::changed() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::uint64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

}  // namespace tidemark::metadata_db_postgres
