// One connection to the database file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "statement.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

struct sqlite3;

namespace tidemark::metadata_db_sqlite {

/// Keeps the statements that it has prepared. Used by one thread at a time.
class Connection {
 public:
  enum class Access : std::uint8_t {
    kWrite,  // Creates the file if it is not there.
    kRead,   // Refuses to change anything.
  };

  /// Errors: kUnavailable, kCorruption.
  static Result<std::unique_ptr<Connection>> Open(const std::filesystem::path& file, Access access,
                                                  Deadline deadline);

  /// Until when everything after this call may take. At the deadline a statement that waits for a
  /// lock or runs gives up with kUnavailable.
  void SetDeadline(Deadline deadline);

  /// Instead of a deadline: a statement that would have to wait for a lock fails at once.
  void WaitForNoLock();

  /// Starts a run of `query` with the values for ?1, ?2 ...
  template <class... Values>
  Result<Statement> Start(const Query& query, const Values&... values) {
    TIDEMARK_TRY(Statement statement, Prepare(query));
    Status bound;
    int parameter = 0;
    // Stops at the first failure.
    static_cast<void>(((bound = statement.Bind(++parameter, values)).has_value() && ...));
    TIDEMARK_TRY(std::move(bound));
    return statement;
  }

  /// Runs `query` to its end.
  template <class... Values>
  Status Run(const Query& query, const Values&... values) {
    TIDEMARK_TRY(Statement statement, Start(query, values...));
    TIDEMARK_TRY(statement.Step());
    return {};
  }

  /// Runs every statement of `script`; their rows are dropped.
  Status RunScript(const char* script);

  /// Ends the open transaction, if there is one, without keeping what it did. False if it stays
  /// open: the connection is of no further use.
  bool RollBack();

  /// Until when the calls may take now.
  Deadline deadline() const { return deadline_; }
  /// Whether the last call failed because another process has locked the file.
  bool is_locked_out() const;

  /// The id of the row that was inserted last.
  std::int64_t last_insert_id() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* prepared) const;
  };

  Connection() = default;

  Status Configure(Access access);
  Result<Statement> Prepare(const Query& query);

  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<const Query*, std::unique_ptr<sqlite3_stmt, Finalize>> prepared_;
  Deadline deadline_ = Deadline::Never();
};

}  // namespace tidemark::metadata_db_sqlite
