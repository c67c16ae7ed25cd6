// Texts of the database that may not be what they should be. Every store reads them alike, so the
// rules are here.
#pragma once

#include <string_view>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {

/// Reads RFC 3339, and the form in which PostgreSQL prints times: "2026-01-02 03:04:05.6+00".
/// Errors: kCorruption, naming the column.
Result<UtcTime> ReadStoredTime(std::string_view column, std::string_view text);

/// Reads 64 lower-case hex digits; no look-up would find a row with anything else.
/// Errors: kCorruption, naming the column.
Result<ManifestHash> ReadStoredHash(std::string_view column, std::string_view text);

/// To be called for each row that a list leaves out because it cannot be read. Logs, and counts in
/// tidemark_metadata_rows_left_out_total.
void ReportRowLeftOut(const Error& why);

}  // namespace tidemark::metadata_db
