#include "database_url.h"

#include <algorithm>

#include <fmt/format.h>

namespace tidemark::app {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

/// "postgres://host:5432/lake" of a URL with anything else in it.
std::string ShownUrl(std::string_view text) {
  const auto scheme_end = text.find("://") + 3;
  std::string_view rest = text.substr(scheme_end);
  rest = rest.substr(0, rest.find_first_of("?#"));
  // A password may hold an unescaped slash or @; what precedes the last @ is never shown.
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  return fmt::format("postgres://{}", rest);
}

}  // namespace

Result<DatabaseUrl> ParseDatabaseUrl(std::string_view text) {
  if (text.starts_with("postgres://") || text.starts_with("postgresql://")) {
    return DatabaseUrl{
        .kind = DatabaseUrl::Kind::kPostgres, .target = std::string(text), .shown = ShownUrl(text)};
  }
  if (text.starts_with(kSqlite)) {
    std::string_view file = text.substr(kSqlite.size());
    if (file.starts_with("//")) file.remove_prefix(2);
    if (!file.empty()) {
      return DatabaseUrl{.kind = DatabaseUrl::Kind::kSqlite,
                         .target = std::string(file),
                         .shown = fmt::format("sqlite:{}", file)};
    }
  }
  // libpq's other form.
  if (text.find("://") == std::string_view::npos &&
      (text.find("dbname=") != std::string_view::npos ||
       text.find("host=") != std::string_view::npos)) {
    return DatabaseUrl{
        .kind = DatabaseUrl::Kind::kPostgres, .target = std::string(text), .shown = "PostgreSQL"};
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "must be postgres://USER:PASSWORD@HOST/DATABASE or sqlite:FILE");
}

}  // namespace tidemark::app
