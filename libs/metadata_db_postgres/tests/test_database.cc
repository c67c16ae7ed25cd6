#include "test_database.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include "tidemark/metadata_db_postgres/metadata_db_postgres.h"

namespace tidemark::metadata_db_postgres {
namespace {

using ResultOwner = std::unique_ptr<PGresult, decltype(&PQclear)>;

// The pieces of "postgres://user:password@host:port/database".
struct ServerParts {
  std::string user;
  std::string password;
  std::string host_and_port;
};

ServerParts SplitServerUrl() {
  const std::string& url = ServerUrl();
  const std::size_t user = url.find("://") + 3;
  const std::size_t password = url.find(':', user) + 1;
  const std::size_t host = url.find('@', password) + 1;
  const std::size_t database = url.find('/', host);
  return {.user = url.substr(user, password - 1 - user),
          .password = url.substr(password, host - 1 - password),
          .host_and_port = url.substr(host, database - host)};
}

}  // namespace

const std::string& ServerUrl() {
  static const std::string url = [] {
    const char* const value = std::getenv("TIDEMARK_TEST_POSTGRES");
    if (value == nullptr) {
      std::fputs("run this as: tests/services/postgres.py -- PROGRAM\n", stderr);
      std::exit(1);
    }
    return std::string(value);
  }();
  return url;
}

std::string UrlWith(const UrlParts& parts) {
  const ServerParts server = SplitServerUrl();
  return fmt::format("postgres://{}:{}@{}/{}?{}", parts.user.empty() ? server.user : parts.user,
                     parts.password.empty() ? server.password : parts.password,
                     parts.host_and_port.empty() ? server.host_and_port : parts.host_and_port,
                     parts.database, parts.parameters);
}

void RawSession::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

RawSession::RawSession(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

std::vector<std::string> RawSession::Run(const std::string& script) {
  const ResultOwner result(PQexec(connection_.get(), script.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(PQresultErrorMessage(result.get()));
  }
  std::vector<std::string> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::string text;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (column > 0) text += '|';
      const bool is_null = PQgetisnull(result.get(), row, column) != 0;
      text += is_null ? "null" : PQgetvalue(result.get(), row, column);
    }
    rows.push_back(std::move(text));
  }
  return rows;
}

std::string RawSession::Value(const std::string& query) { return Run(query).at(0); }

void RawSession::WaitForEnd() {
  while (FailureOf("SELECT pg_sleep(0.01)").empty() &&
         PQstatus(connection_.get()) == CONNECTION_OK) {
  }
}

void RawSession::Reconnect() {
  while (PQstatus(connection_.get()) != CONNECTION_OK) PQreset(connection_.get());
}

std::string RawSession::FailureOf(const std::string& statement) {
  const ResultOwner result(PQexec(connection_.get(), statement.c_str()), &PQclear);
  const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

TestDatabase::TestDatabase(std::string_view options) {
  static std::atomic<int> count = 0;
  name_ = fmt::format("test_{}_{}", getpid(), ++count);
  RawSession(ServerUrl()).Run(fmt::format("CREATE DATABASE {} {}", name_, options));
  raw_ = std::make_unique<RawSession>(url());
}

void TestDatabase::Disconnect() {
  raw_.reset();
  RawSession(ServerUrl())
      .Run(fmt::format("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                       "datname = '{}'",
                       name_));
}

TestDatabase::~TestDatabase() {
  raw_.reset();
  try {
    RawSession(ServerUrl()).Run(fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the database " << name_ << " stays: " << error.what();
  }
}

TestDatabase& EmptyDatabase() {
  static TestDatabase database;
  static const bool is_made =
      OpenPostgresStore({.url = database.url()}, Deadline::After(std::chrono::minutes(1)))
          .has_value();
  EXPECT_TRUE(is_made);
  database.raw().Run(R"sql(
DELETE FROM tidemark.chain_heads; DELETE FROM tidemark.head_leases;
DELETE FROM tidemark.condemned_objects;
DELETE FROM physical_tables; DELETE FROM physical_table_revisions;
DELETE FROM jobs; DELETE FROM workers; DELETE FROM manifest_files;
SELECT setval(pg_get_serial_sequence(t, 'id'), 1, false)
FROM unnest(ARRAY['workers', 'jobs', 'job_events', 'physical_tables', 'physical_table_revisions',
                  'file_metadata']) t)sql");
  return database;
}

}  // namespace tidemark::metadata_db_postgres
