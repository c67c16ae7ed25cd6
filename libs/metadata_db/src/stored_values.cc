#include "tidemark/metadata_db/stored_values.h"

#include <string>

#include <fmt/format.h>

#include "tidemark/base/log.h"
#include "tidemark/base/metrics.h"

namespace tidemark::metadata_db {
namespace {

// As RFC 3339, if it is PostgreSQL's form: a blank for the T, and an offset without minutes.
std::string WithoutPostgresForm(std::string_view text) {
  constexpr std::size_t kDateLength = 10;
  constexpr std::size_t kShortOffsetLength = 3;
  std::string time(text);
  if (time.size() > kDateLength && time[kDateLength] == ' ') time[kDateLength] = 'T';
  if (time.size() > kDateLength + kShortOffsetLength) {
    const char sign = time[time.size() - kShortOffsetLength];
    if (sign == '+' || sign == '-') time += ":00";
  }
  return time;
}

}  // namespace

Result<UtcTime> ReadStoredTime(std::string_view column, std::string_view text) {
  if (const auto time = ParseRfc3339(text)) return *time;
  if (const auto time = ParseRfc3339(WithoutPostgresForm(text))) return *time;
  return MakeError(ErrorCode::kCorruption,
                   fmt::format("column {} of the database is no time: \"{}\"", column, text));
}

Result<ManifestHash> ReadStoredHash(std::string_view column, std::string_view text) {
  auto hash = ParseManifestHash(text);
  if (hash && hash->hex == text) return *std::move(hash);
  return MakeError(
      ErrorCode::kCorruption,
      fmt::format("column {} of the database is no manifest hash: \"{}\"", column, text));
}

void ReportRowLeftOut(const Error& why) {
  static Counter& count = ProcessMetrics().GetCounter(
      {.name = "tidemark_metadata_rows_left_out_total",
       .help = "Rows of the metadata database that a list left out because they are malformed."});
  count.Add();
  Log(LogLevel::kWarning, "metadata_row_left_out", {{"reason", why.message}});
}

}  // namespace tidemark::metadata_db
