#include "postgres_error.h"

#include <string>

#include <fmt/format.h>

namespace tidemark::metadata_db_postgres {
namespace {

ErrorCode CodeOfClass(std::string_view sql_class) {
  // A value that the column cannot hold, such as a text with a NUL, or one that is too big.
  if (sql_class == "22" || sql_class == "54") return ErrorCode::kInvalidArgument;
  // Writes check the rules before they write, so somebody else wrote in between.
  if (sql_class == "23") return ErrorCode::kConflict;
  // Connection, sign-in, resources, the operator, the machine: time, or a person, may help.
  for (const std::string_view unavailable :
       {"08", "28", "3D", "53", "57", "58", "40", "55", "25"}) {
    if (sql_class == unavailable) return ErrorCode::kUnavailable;
  }
  return ErrorCode::kInternal;
}

ErrorCode ToErrorCode(std::string_view sql_state) {
  if (sql_state.empty()) return ErrorCode::kUnavailable;
  // Damaged data or index; a table or column that the schema does not have.
  for (const std::string_view corrupt : {"XX001", "XX002", "42P01", "42703"}) {
    if (sql_state == corrupt) return ErrorCode::kCorruption;
  }
  // The role lacks a right, which an operator can grant.
  if (sql_state == "42501") return ErrorCode::kUnavailable;
  return CodeOfClass(sql_state.substr(0, 2));
}

// What to do about it, where the server's own words do not say.
std::string Advice(const Failure& failure) {
  const std::string_view state = failure.sql_state;
  if (state == "42501") {
    return fmt::format(
        "; grant the role \"{}\" what it lacks: USAGE on the schema, and SELECT on its tables, or "
        "all rights if the database is Tidemark's own",
        failure.role);
  }
  if (state == "28P01" || state == "28000") return "; look at user and password of the URL";
  if (state == "3D000") return "; create the database, or correct its name in the URL";
  if (state == "57014") return "; it took longer than its deadline allows";
  if (state == "55P03") return "; another session holds the lock";
  if (state == "25006") return "; is this a standby? Connect to the primary";
  if (state == "42P01" || state == "42703") return "; the schema is not the one that is expected";
  return "";
}

}  // namespace

Error ToError(const Failure& failure, std::string_view action) {
  const std::string state =
      failure.sql_state.empty() ? std::string() : fmt::format(" (SQLSTATE {})", failure.sql_state);
  return {.code = ToErrorCode(failure.sql_state),
          .message = fmt::format("{}: {}{}{}", action, failure.message, state, Advice(failure))};
}

bool IsLostRace(std::string_view sql_state) { return sql_state == "40001" || sql_state == "40P01"; }

bool IsStalePlan(std::string_view sql_state) {
  // 0A000: the result type of a prepared statement changed; 26000: it is gone.
  return sql_state == "0A000" || sql_state == "26000";
}

bool IsStarting(std::string_view sql_state) { return sql_state == "57P03"; }

}  // namespace tidemark::metadata_db_postgres
