#include "connect.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "postgres_error.h"
#include "socket_wait.h"
#include "tidemark/base/mutex.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db_postgres {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kConnecting = "connect to the database";
constexpr std::size_t kSqlStateLength = 5;

// Between two looks at a server that is starting, as Amp waits.
constexpr milliseconds kPauseFirst{10};
constexpr milliseconds kPauseMax{100};

// What the server says must not reach the program's standard error.
void IgnoreNotice(void* /*unused*/, const char* /*message*/) {}

bool IsSqlState(std::string_view text) {
  return text.size() == kSqlStateLength && std::ranges::all_of(text, [](char c) {
           return ('0' <= c && c <= '9') || ('A' <= c && c <= 'Z');
         });
}

// libpq has no other way to tell the SQLSTATE of a failed sign-in than its verbose message, whose
// lines look like "...: FATAL:  28P01: password authentication failed". Owns what Failure points
// at.
struct SignInFailure {
  std::string sql_state;
  std::string message;
};

SignInFailure ReadMessage(std::string_view text) {
  SignInFailure failure;
  while (!text.empty()) {
    std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.starts_with("LOCATION:")) continue;
    const std::size_t gap = line.find(":  ");
    if (gap != std::string::npos) {
      const std::size_t begin = gap + 3;
      if (IsSqlState(std::string_view(line).substr(begin, kSqlStateLength))) {
        failure.sql_state = line.substr(begin, kSqlStateLength);
        line.erase(begin, std::min(line.size() - begin, kSqlStateLength + 2));
      }
    }
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    if (!failure.message.empty()) failure.message += "; ";
    failure.message += line.substr(first);
  }
  return failure;
}

// A connection that did not come about, and whether to try again at once.
struct Refusal {
  Error error;
  bool is_starting = false;
};

Refusal ToRefusal(PGconn* connection) {
  const SignInFailure failure = ReadMessage(PQerrorMessage(connection));
  const char* const role = PQuser(connection);
  return {.error = ToError({.sql_state = failure.sql_state,
                            .message = failure.message,
                            .role = role == nullptr ? "" : role},
                           kConnecting),
          .is_starting = IsStarting(failure.sql_state)};
}

std::expected<ConnectionPtr, Refusal> ConnectOnce(const std::string& url, Deadline deadline) {
  // What stands before "dbname", which holds the URL, is for the URL to override; what stands
  // after it is not. A peer that is gone is noticed within a minute even by a call without
  // deadline.
  constexpr std::array kNames = {
      "fallback_application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
      "tcp_user_timeout",          "dbname",          "client_encoding",     (const char*)nullptr};
  const std::array values = {"tidemark", "20",        "10",   "3",
                             "60000",    url.c_str(), "UTF8", (const char*)nullptr};
  ConnectionPtr connection(PQconnectStartParams(kNames.data(), values.data(), 1));
  if (!connection) {
    return std::unexpected(Refusal{{ErrorCode::kUnavailable, "out of memory for a connection"}});
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(connection.get(), &IgnoreNotice, nullptr);
  short events = POLLOUT;
  while (PQstatus(connection.get()) != CONNECTION_BAD) {
    const auto ready = WaitForSocket(PQsocket(connection.get()), events, deadline);
    if (!ready) {
      return std::unexpected(Refusal{WithContext(kConnecting, ready.error()).error()});
    }
    switch (PQconnectPoll(connection.get())) {
      case PGRES_POLLING_READING:
        events = POLLIN;
        break;
      case PGRES_POLLING_OK:
        PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
        PQsetnonblocking(connection.get(), 1);
        return connection;
      case PGRES_POLLING_WRITING:
      case PGRES_POLLING_ACTIVE:
        events = POLLOUT;
        break;
      case PGRES_POLLING_FAILED:
        return std::unexpected(ToRefusal(connection.get()));
    }
  }
  return std::unexpected(ToRefusal(connection.get()));
}

Result<ConnectionPtr> ConnectPatiently(const std::string& url, Deadline deadline) {
  for (milliseconds pause = kPauseFirst;; pause = std::min(2 * pause, kPauseMax)) {
    auto connection = ConnectOnce(url, deadline);
    if (connection) return *std::move(connection);
    if (!connection.error().is_starting || deadline.Remaining() <= pause) {
      return std::unexpected(std::move(connection).error().error);
    }
    std::this_thread::sleep_for(pause);
  }
}

// Where the thread that connects leaves what it got, for whoever still waits for it.
struct Handover {
  Mutex mutex;
  CondVar arrived;
  std::optional<Result<ConnectionPtr>> connection TIDEMARK_GUARDED_BY(mutex);
};

}  // namespace

void FinishConnection::operator()(pg_conn* connection) const { PQfinish(connection); }

Status CheckUrl(const std::string& url) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(url.c_str(), &problem), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(problem, &PQfreemem);
  if (parsed) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "the database's URL cannot be read: it looks like "
                   "postgres://user:password@host:5432/database, and special characters in a user "
                   "or password are written as %XX");
}

Result<ConnectionPtr> Connect(const std::string& url, Deadline deadline) {
  TIDEMARK_TRY(metadata_db::CheckDeadline(deadline));
  // On a thread of its own, because looking up a host name blocks, and nothing can end that. A
  // caller whose time is up goes; the thread ends when the resolver gives up.
  const auto handover = std::make_shared<Handover>();
  try {
    std::thread([handover, url, deadline] {
      auto connection = ConnectPatiently(url, deadline);
      const MutexLock lock(handover->mutex);
      handover->connection = std::move(connection);
      handover->arrived.NotifyOne();
    }).detach();
  } catch (const std::system_error& error) {
    return MakeError(ErrorCode::kUnavailable, fmt::format("{}: {}", kConnecting, error.what()));
  }
  const MutexLock lock(handover->mutex);
  for (;;) {
    if (auto& connection = handover->connection) return *std::move(connection);
    if (auto in_time = metadata_db::CheckDeadline(deadline); !in_time) {
      return WithContext(kConnecting, std::move(in_time).error());
    }
    handover->arrived.WaitUntil(handover->mutex, deadline);
  }
}

}  // namespace tidemark::metadata_db_postgres
