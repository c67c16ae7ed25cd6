// One session with the server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connect.h"
#include "copied_row.h"
#include "query.h"
#include "rows.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

struct FreeCopied {
  void operator()(char* text) const;
};
/// A message of a copy, and its length; null at the end.
struct CopiedText {
  std::unique_ptr<char, FreeCopied> text;
  std::size_t size_bytes = 0;
};

/// Keeps the statements that it has prepared. Every function ends at the deadline: a session whose
/// server has not answered by then is closed, and is of no further use. Used by one thread at a
/// time.
class Connection {
 public:
  /// Errors: kUnavailable.
  static Result<std::unique_ptr<Connection>> Open(const std::string& url, Deadline deadline);

  /// Until when everything after this call may take.
  void SetDeadline(Deadline deadline) { deadline_ = deadline; }
  Deadline deadline() const { return deadline_; }

  /// Runs one statement.
  template <class... Values>
  Result<Rows> Run(const Query& query, const Values&... values) {
    TIDEMARK_TRY(auto results, RunAll({Statement(query, values...)}));
    return std::move(results.front());
  }

  /// Runs statements one after the other, all sent at once. Yields the rows of each; after the
  /// first failure none of the rest is run.
  Result<std::vector<Rows>> RunAll(std::vector<Statement> statements);

  /// Keeps these back until something else is run, and runs them before it. Its failure may be
  /// theirs; their rows are dropped.
  void SendWithNext(std::vector<Statement> statements) { kept_back_ = std::move(statements); }

  /// Runs every statement of `script`; their rows are dropped.
  Status RunScript(const char* script);

  /// Runs COPY ... TO STDOUT (FORMAT binary), and hands over each row as it comes. After a failure
  /// some have been.
  Status CopyOut(const std::string& sql, const std::function<void(const CopiedRow&)>& take);

  /// Ends the open transaction, if there is one, without keeping what it did. That the server has
  /// done so is not waited for here but by whatever the session is used for next. False if the
  /// session is of no further use.
  bool RollBack();

  /// Whether the server has closed the idle session, or is about to.
  bool HasBeenClosed();

  bool is_broken() const { return connection_ == nullptr; }
  /// Of the last failure; empty if it was the connection's.
  const std::string& sql_state() const { return sql_state_; }
  std::string_view role() const { return role_; }

 private:
  explicit Connection(ConnectionPtr connection);

  Status CheckUsable();
  Status RunKeptBack();
  void EndRollBack();
  bool Send(const Statement& statement, bool& prepares);
  Status Flush();
  Result<ResultPtr> NextResult();
  Result<Rows> CommandResult();
  Result<CopiedText> NextCopied();
  Status ReachSync();
  Error FailWith(const ResultPtr& result);
  std::unexpected<Error> Break(std::string_view reason);

  ConnectionPtr connection_;  // Null once it is broken.
  std::unordered_map<const Query*, std::string> prepared_;
  int last_name_ = 0;
  std::string role_;
  std::string sql_state_;
  std::vector<Statement> kept_back_;
  bool is_rolling_back_ = false;  // The server's answer to that has not been read.
  bool prepares_roll_back_ = false;
  Deadline deadline_ = Deadline::Never();
};

}  // namespace tidemark::metadata_db_postgres
