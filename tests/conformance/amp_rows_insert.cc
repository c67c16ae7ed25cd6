#include <memory>
#include <stdexcept>

#include <libpq-fe.h>
#include <sqlite3.h>

#include "amp_rows.h"

namespace tidemark::conformance {
namespace {

using PostgresConnection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using SqliteConnection = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using SqliteStatement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

PostgresConnection Connect(const std::string& url) {
  PostgresConnection connection(PQconnectdb(url.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return connection;
}

void Run(PGconn* connection, const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection, sql.c_str()),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection) + sql.substr(0, 200));
  }
}

[[noreturn]] void Fail(sqlite3* database, const AmpRow& row) {
  throw std::runtime_error(std::string(sqlite3_errmsg(database)) + ": " + row.sql.substr(0, 200));
}

bool IsTime(std::string_view column) { return column.ends_with("_at") || column == "expiration"; }

// "2026-01-02 03:04:05.678901+00", with or without the zone, to RFC 3339.
std::string ToRfc3339(std::string time) {
  time.at(10) = 'T';
  return time.ends_with("+00") ? time + ":00" : time + "+00:00";
}

// "\x00ff" to bytes.
std::string ToBytes(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

void Bind(sqlite3_stmt* statement, const AmpRow& row, std::size_t i) {
  const int index = static_cast<int>(i) + 1;
  if (!row.values[i]) {
    sqlite3_bind_null(statement, index);
  } else if (row.columns[i] == "footer") {
    const std::string bytes = ToBytes(*row.values[i]);
    sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  } else {
    const std::string text = IsTime(row.columns[i]) ? ToRfc3339(*row.values[i]) : *row.values[i];
    sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
}

void Insert(sqlite3* database, const AmpRow& row) {
  std::string columns;
  std::string marks;
  for (const std::string& column : row.columns) {
    columns += (columns.empty() ? "" : ", ") + column;
    marks += marks.empty() ? "?" : ", ?";
  }
  const std::string sql = "INSERT INTO " + row.table + " (" + columns + ") VALUES (" + marks + ")";
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    Fail(database, row);
  }
  const SqliteStatement statement(raw, &sqlite3_finalize);
  for (std::size_t i = 0; i < row.values.size(); ++i) Bind(raw, row, i);
  if (sqlite3_step(raw) != SQLITE_DONE) Fail(database, row);
}

}  // namespace

void RunInPostgres(const std::string& sql, const std::string& url) { Run(Connect(url).get(), sql); }

void InsertIntoPostgres(const std::vector<AmpRow>& rows, const std::string& url) {
  const PostgresConnection connection = Connect(url);
  Run(connection.get(), "SET timezone = 'UTC'; BEGIN");
  for (const AmpRow& row : rows) Run(connection.get(), row.sql);
  Run(connection.get(), "COMMIT");
}

void InsertIntoSqlite(const std::vector<AmpRow>& rows, const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open(file.c_str(), &raw);
  const SqliteConnection database(raw, &sqlite3_close);
  if (opened != SQLITE_OK || sqlite3_exec(raw, "PRAGMA foreign_keys = OFF; BEGIN", nullptr, nullptr,
                                          nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(raw));
  }
  for (const AmpRow& row : rows) Insert(raw, row);
  if (sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(raw));
  }
}

}  // namespace tidemark::conformance
