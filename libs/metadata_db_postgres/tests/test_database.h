// A database of its own for each test, and a session that does to it what the store never would.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

namespace tidemark::metadata_db_postgres {

/// URL of the superuser of the server that tests/services/postgres.py started. Ends the program if
/// there is none: a test without its server must not pass.
const std::string& ServerUrl();

/// The same server, with other parts of the URL.
struct UrlParts {
  std::string user = {};      // Empty: the superuser.
  std::string password = {};  // Empty: the superuser's.
  std::string host_and_port = {};
  std::string database = "postgres";
  std::string parameters = {};  // "name=value&name=value"
};
std::string UrlWith(const UrlParts& parts);

/// A session of somebody else's. Every failure is a failure of the test.
class RawSession {
 public:
  explicit RawSession(const std::string& url);

  /// Runs a script; the rows of its last statement, with '|' between columns, NULL as "null".
  std::vector<std::string> Run(const std::string& script);
  /// Of the only row that `query` yields.
  std::string Value(const std::string& query);
  /// Returns once the server has thrown the session out.
  void WaitForEnd();
  /// Returns once there is another session in its place.
  void Reconnect();
  /// The SQLSTATE that a statement fails with; empty if it does not.
  std::string FailureOf(const std::string& statement);

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Close> connection_;
};

/// A new database on the server, which goes, sessions and all, with the object.
class TestDatabase {
 public:
  /// `options`: of CREATE DATABASE.
  explicit TestDatabase(std::string_view options = {});
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  ~TestDatabase();

  const std::string& name() const { return name_; }
  std::string url() const { return UrlWith({.database = name_}); }
  /// A session of the superuser in it.
  RawSession& raw() { return *raw_; }
  /// Ends that session and all others, so that the database can be copied; Connect begins one anew.
  void Disconnect();
  void Connect() { raw_ = std::make_unique<RawSession>(url()); }

 private:
  std::string name_;
  std::unique_ptr<RawSession> raw_;
};

/// A database of ours without a row, whose ids begin at 1: the same one each time, emptied, which
/// is much quicker than a new one. Not for tests that change its schema.
TestDatabase& EmptyDatabase();

}  // namespace tidemark::metadata_db_postgres
