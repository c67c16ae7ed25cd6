#include "statement.h"

#include <sqlite3.h>

#include "sqlite_error.h"
#include "tidemark/metadata_db/stored_values.h"

namespace tidemark::metadata_db_sqlite {
namespace {

// SQLite takes a null pointer for NULL, not for an empty value.
const char* NotNull(std::string_view bytes) { return bytes.data() != nullptr ? bytes.data() : ""; }

}  // namespace

void Statement::Reset::operator()(sqlite3_stmt* prepared) const {
  // Both only repeat what the last step reported. Bindings go because they may be large.
  sqlite3_reset(prepared);
  sqlite3_clear_bindings(prepared);
}

Status Statement::Check(int result_code) const {
  if (result_code == SQLITE_OK) return {};
  return std::unexpected(ToError(sqlite3_db_handle(run_.get()), result_code, "bind a parameter"));
}

Status Statement::Bind(int parameter, std::nullopt_t) {
  return Check(sqlite3_bind_null(run_.get(), parameter));
}

Status Statement::Bind(int parameter, std::int64_t value) {
  return Check(sqlite3_bind_int64(run_.get(), parameter, value));
}

Status Statement::Bind(int parameter, std::string_view text) {
  return Check(sqlite3_bind_text64(run_.get(), parameter, NotNull(text), text.size(),
                                   SQLITE_TRANSIENT, SQLITE_UTF8));
}

Status Statement::Bind(int parameter, Blob blob) {
  return Check(sqlite3_bind_blob64(run_.get(), parameter, NotNull(blob.bytes), blob.bytes.size(),
                                   SQLITE_TRANSIENT));
}

Result<bool> Statement::Step() {
  const int result_code = sqlite3_step(run_.get());
  if (result_code == SQLITE_ROW) return true;
  if (result_code == SQLITE_DONE) return false;
  return std::unexpected(
      ToError(sqlite3_db_handle(run_.get()), result_code, "run a statement on the database"));
}

std::int64_t Statement::Int64(int column) const { return sqlite3_column_int64(run_.get(), column); }

std::string_view Statement::View(int column) const {
  const unsigned char* const text = sqlite3_column_text(run_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(run_.get(), column))};
}

std::optional<std::int64_t> Statement::OptionalInt64(int column) const {
  if (sqlite3_column_type(run_.get(), column) == SQLITE_NULL) return std::nullopt;
  return Int64(column);
}

std::optional<std::string> Statement::OptionalText(int column) const {
  if (sqlite3_column_type(run_.get(), column) == SQLITE_NULL) return std::nullopt;
  return Text(column);
}

Result<ManifestHash> Statement::Hash(int column) const {
  return metadata_db::ReadStoredHash(sqlite3_column_name(run_.get(), column), Text(column));
}

Result<UtcTime> Statement::Time(int column) const {
  return metadata_db::ReadStoredTime(sqlite3_column_name(run_.get(), column), Text(column));
}

}  // namespace tidemark::metadata_db_sqlite
