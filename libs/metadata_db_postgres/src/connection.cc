#include "connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "postgres_error.h"
#include "socket_wait.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db_postgres {
namespace {

constexpr std::string_view kQuerying = "query the database";
constexpr int kBinary = 1;

// How long the end of a transaction may take, beyond the deadline of what was done in it.
constexpr std::chrono::milliseconds kRollBackTime{200};

// Whatever the role, the database or the server's configuration say.
constexpr Query kSetUpSession{R"sql(
SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, MDY', false),
  set_config('search_path', 'public', false))sql"};
constexpr Query kRollBack{"ROLLBACK"};

std::string_view Field(const ResultPtr& result, int field) {
  const char* const text = PQresultErrorField(result.get(), field);
  return text == nullptr ? std::string_view() : text;
}

bool EndsSession(const ResultPtr& result) {
  const std::string_view severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

bool HasFailed(const ResultPtr& result) {
  switch (PQresultStatus(result.get())) {
    case PGRES_BAD_RESPONSE:
    case PGRES_FATAL_ERROR:
    case PGRES_PIPELINE_ABORTED:
      return true;
    default:
      return false;
  }
}

bool IsSync(const ResultPtr& result) { return PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC; }

}  // namespace

void FreeCopied::operator()(char* text) const { PQfreemem(text); }

Connection::Connection(ConnectionPtr connection)
    : connection_(std::move(connection)), role_(PQuser(connection_.get())) {}

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& url, Deadline deadline) {
  TIDEMARK_TRY(ConnectionPtr connected, Connect(url, deadline));
  std::unique_ptr<Connection> connection(new Connection(std::move(connected)));
  connection->SetDeadline(deadline);
  TIDEMARK_TRY(connection->Run(kSetUpSession));
  return connection;
}

Result<std::vector<Rows>> Connection::RunAll(std::vector<Statement> statements) {
  TIDEMARK_TRY(CheckUsable());
  const auto first_wanted = static_cast<std::ptrdiff_t>(kept_back_.size());
  statements.insert(statements.begin(), kept_back_.begin(), kept_back_.end());
  kept_back_.clear();
  PGconn* const connection = connection_.get();
  std::vector<bool> prepares(statements.size());
  bool is_sent = PQenterPipelineMode(connection) == 1;
  for (std::size_t i = 0; is_sent && i < statements.size(); ++i) {
    bool is_first_use = false;
    is_sent = Send(statements[i], is_first_use);
    prepares[i] = is_first_use;
  }
  if (!is_sent || PQpipelineSync(connection) == 0) return Break(PQerrorMessage(connection));
  TIDEMARK_TRY(Flush());

  std::vector<Rows> all;
  std::optional<Error> failure;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (prepares[i]) {
      const auto prepared = CommandResult();
      if (!prepared) prepared_.erase(statements[i].query);
      if (!prepared && !failure) failure = prepared.error();
    }
    auto rows = CommandResult();
    if (is_broken()) return std::unexpected(failure ? *failure : rows.error());
    if (rows) {
      all.push_back(*std::move(rows));
    } else if (!failure) {
      failure = std::move(rows).error();
    }
  }
  TIDEMARK_TRY(ReachSync());
  // What was kept back is a BEGIN: after its failure each statement would be by itself.
  const bool is_without_transaction =
      failure && first_wanted > 0 && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  if (is_without_transaction) connection_.reset();
  if (failure) return std::unexpected(*std::move(failure));
  all.erase(all.begin(), all.begin() + first_wanted);
  return all;
}

// For what cannot be sent together with anything.
Status Connection::RunKeptBack() {
  if (kept_back_.empty()) return CheckUsable();
  TIDEMARK_TRY(RunAll({}));
  return {};
}

Status Connection::RunScript(const char* script) {
  TIDEMARK_TRY(RunKeptBack());
  if (PQsendQuery(connection_.get(), script) == 0) return Break(PQerrorMessage(connection_.get()));
  TIDEMARK_TRY(Flush());
  Status outcome;
  for (;;) {
    TIDEMARK_TRY(const ResultPtr result, NextResult());
    if (!result) return outcome;
    if (HasFailed(result)) {
      outcome = std::unexpected(FailWith(result));
      if (is_broken()) return outcome;
    }
  }
}

Status Connection::CopyOut(const std::string& sql,
                           const std::function<void(const CopiedRow&)>& take) {
  TIDEMARK_TRY(RunKeptBack());
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    return Break(PQerrorMessage(connection_.get()));
  }
  TIDEMARK_TRY(Flush());
  CopiedRow row;
  Status outcome;
  for (;;) {
    TIDEMARK_TRY(const ResultPtr result, NextResult());
    if (!result) return outcome;
    if (HasFailed(result)) {
      outcome = std::unexpected(FailWith(result));
      if (is_broken()) return outcome;
    }
    if (PQresultStatus(result.get()) != PGRES_COPY_OUT) continue;
    for (;;) {
      TIDEMARK_TRY(const CopiedText message, NextCopied());
      if (!message.text) break;
      const auto has_row = row.Take({message.text.get(), message.size_bytes});
      if (!has_row) return Break(has_row.error().message);
      if (*has_row) take(row);
    }
  }
}

bool Connection::RollBack() {
  if (is_broken()) return false;
  kept_back_.clear();
  if (is_rolling_back_ || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return true;
  SetDeadline(Deadline::After(kRollBackTime));
  PGconn* const connection = connection_.get();
  const bool is_sent = PQenterPipelineMode(connection) == 1 &&
                       Send(Statement(kRollBack), prepares_roll_back_) &&
                       PQpipelineSync(connection) == 1;
  if (!is_sent) {
    static_cast<void>(Break(PQerrorMessage(connection)));
    return false;
  }
  is_rolling_back_ = true;
  return Flush().has_value();
}

// Breaks the connection if the transaction has not ended.
void Connection::EndRollBack() {
  is_rolling_back_ = false;
  // Not the deadline of whoever has come for the session: it would be closed for his haste.
  const Deadline deadline = std::exchange(deadline_, Deadline::After(kRollBackTime));
  bool is_done = !prepares_roll_back_ || CommandResult().has_value();
  is_done = is_done && CommandResult() && ReachSync() &&
            PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  if (!is_done) connection_.reset();
  sql_state_.clear();
  deadline_ = deadline;
}

bool Connection::HasBeenClosed() {
  if (is_broken()) return true;
  // A server has nothing to say to an idle session but that it ends.
  const auto says_something = [this] {
    pollfd watched{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    return poll(&watched, 1, 0) != 0;
  };
  if (!says_something()) return false;
  if (!is_rolling_back_) return true;
  EndRollBack();
  return is_broken() || says_something();
}

Status Connection::CheckUsable() {
  sql_state_.clear();
  TIDEMARK_TRY(metadata_db::CheckDeadline(deadline_));
  if (!is_broken() && is_rolling_back_) EndRollBack();
  if (is_broken()) return MakeError(ErrorCode::kUnavailable, "the database session has ended");
  return {};
}

// `prepares`: whether the statement is preceded by its preparation.
bool Connection::Send(const Statement& statement, bool& prepares) {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const Parameter& parameter : statement.parameters) {
    types.push_back(parameter.type);
    values.push_back(parameter.value ? parameter.value->data() : nullptr);
    lengths.push_back(parameter.value ? static_cast<int>(parameter.value->size()) : 0);
  }
  const std::vector<int> formats(types.size(), kBinary);
  const int count = static_cast<int>(types.size());
  const auto [entry, is_new] = prepared_.try_emplace(statement.query);
  std::string& name = entry->second;
  prepares = is_new;
  if (is_new) {
    name = fmt::format("q{}", ++last_name_);
    if (PQsendPrepare(connection_.get(), name.c_str(), statement.query->sql, count, types.data()) ==
        0) {
      return false;
    }
  }
  return PQsendQueryPrepared(connection_.get(), name.c_str(), count, values.data(), lengths.data(),
                             formats.data(), kBinary) == 1;
}

Status Connection::Flush() {
  for (;;) {
    const int unsent = PQflush(connection_.get());
    if (unsent == 0) return {};
    if (unsent < 0) return Break(PQerrorMessage(connection_.get()));
    // The server may stop reading until somebody takes its answers.
    const auto ready = WaitForSocket(PQsocket(connection_.get()), POLLIN | POLLOUT, deadline_);
    if (!ready) return Break(ready.error().message);
    if ((*ready & POLLIN) != 0 && PQconsumeInput(connection_.get()) == 0) {
      return Break(PQerrorMessage(connection_.get()));
    }
  }
}

// Null where the results of one command end.
Result<ResultPtr> Connection::NextResult() {
  while (PQisBusy(connection_.get()) != 0) {
    const auto ready = WaitForSocket(PQsocket(connection_.get()), POLLIN, deadline_);
    if (!ready) return Break(ready.error().message);
    // What the server said last may have arrived even so: "terminating connection due to ...".
    if (PQconsumeInput(connection_.get()) == 0 && PQisBusy(connection_.get()) != 0) {
      return Break(PQerrorMessage(connection_.get()));
    }
  }
  return ResultPtr(PQgetResult(connection_.get()));
}

Result<CopiedText> Connection::NextCopied() {
  for (;;) {
    char* text = nullptr;
    const int got = PQgetCopyData(connection_.get(), &text, /*async=*/1);
    if (got > 0) {
      return CopiedText{.text = std::unique_ptr<char, FreeCopied>(text),
                        .size_bytes = static_cast<std::size_t>(got)};
    }
    if (got == -1) return CopiedText();
    if (got < 0) return Break(PQerrorMessage(connection_.get()));
    const auto ready = WaitForSocket(PQsocket(connection_.get()), POLLIN, deadline_);
    if (!ready) return Break(ready.error().message);
    if (PQconsumeInput(connection_.get()) == 0) return Break(PQerrorMessage(connection_.get()));
  }
}

// The only result of the next command of the pipeline.
Result<Rows> Connection::CommandResult() {
  if (is_broken()) return MakeError(ErrorCode::kUnavailable, "the database session has ended");
  TIDEMARK_TRY(ResultPtr result, NextResult());
  if (!result) return Break("the answers of the server are out of step");
  Result<Rows> rows = Rows(nullptr);
  if (HasFailed(result)) {
    rows = std::unexpected(FailWith(result));
    if (is_broken()) return rows;
  } else {
    rows = Rows(std::move(result));
  }
  TIDEMARK_TRY(const ResultPtr end, NextResult());
  if (end) return Break("the answers of the server are out of step");
  return rows;
}

// Takes the connection out of the pipeline, whose commands have been answered.
Status Connection::ReachSync() {
  TIDEMARK_TRY(const ResultPtr sync, NextResult());
  if (!sync || !IsSync(sync)) return Break("the answers of the server are out of step");
  if (PQexitPipelineMode(connection_.get()) == 0) return Break(PQerrorMessage(connection_.get()));
  return {};
}

Error Connection::FailWith(const ResultPtr& result) {
  // The commands behind a failed one fail with it, without a state of their own.
  if (PQresultStatus(result.get()) == PGRES_PIPELINE_ABORTED) {
    return {ErrorCode::kInternal, "a statement before it failed"};
  }
  sql_state_ = Field(result, PG_DIAG_SQLSTATE);
  const std::string_view message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (sql_state_.empty()) return Break(PQresultErrorMessage(result.get())).error();
  Error error = ToError({.sql_state = sql_state_, .message = message, .role = role_}, kQuerying);
  // Nor is one of further use whose prepared statements do not fit any more.
  if (EndsSession(result) || IsStalePlan(sql_state_)) connection_.reset();
  return error;
}

std::unexpected<Error> Connection::Break(std::string_view reason) {
  // libpq's messages have several lines, the first of which says it.
  const std::string message(reason.substr(0, reason.find('\n')));
  connection_.reset();
  return std::unexpected(ToError({.sql_state = "", .message = message, .role = role_}, kQuerying));
}

}  // namespace tidemark::metadata_db_postgres
