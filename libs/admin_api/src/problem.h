// Failures as clients see them: one shape of body for every error of the API.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tidemark/base/result.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// A reply that is not a success.
struct Problem {
  int status = 500;
  std::string_view code;  // SCREAMING_SNAKE_CASE and stable; a constant of the program.
  std::string detail;     // One sentence for a person.
  std::string cause;      // For the log alone; empty if `detail` says everything.
};

/// What a handler yields, and the steps within one.
template <class T>
class [[nodiscard]] Outcome : public std::expected<T, Problem> {
 public:
  using std::expected<T, Problem>::expected;
};

inline std::unexpected<Problem> MakeProblem(int status, std::string_view code, std::string detail) {
  return std::unexpected(Problem{status, code, std::move(detail), {}});
}

/// The codes by which an operation's failures go. A failure without a code is one that this
/// operation cannot have: it goes as `failed`, like a bug.
struct FailureCodes {
  std::string_view failed;  // 500.
  std::string_view invalid_argument = {};
  std::string_view not_found = {};
  std::string_view conflict = {};
};

/// Decides what a client sees of a failure. Of an outage or a bug it sees no more than that.
Problem ProblemFor(const Error& error, const FailureCodes& codes);

template <class T>
Outcome<T> Translate(Result<T> result, const FailureCodes& codes) {
  if (!result) return std::unexpected(ProblemFor(result.error(), codes));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

/// The problem as application/problem+json. Logs the cause, if there is one.
http::Reply ToReply(const Problem& problem, const http::Request& request);

/// Lets a page of any origin read the reply.
void AllowAnyOrigin(http::Reply& reply);

/// The reply for what never reached a handler (http::Router::Fallback).
http::Reply RefusalReply(const http::Request& request, int status, std::string_view message);

}  // namespace tidemark::admin_api
