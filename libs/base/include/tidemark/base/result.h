// The one error type of the project, and the values that carry it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tidemark {

/// What the caller can do about a failure. One code per reaction, so that a switch over it is a
/// policy table; anything finer goes in the message.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  // The request itself is wrong. Retrying cannot help.
  kNotFound,         // The named thing does not exist.
  kConflict,         // The stored state moved on. Read it again, then retry.
  kUnavailable,      // A database, store, node or peer did not answer. Retry with back-off.
  kCorruption,       // Stored data breaks its own rules. Stop and tell a person.
  kInternal,         // A bug of ours, caught before it spread.
};

/// The code in lower case with underscores, as logs print it: "not_found".
std::string_view ToString(ErrorCode code);

/// Why something failed. The message is one sentence for a person, without a full stop, naming the
/// thing that it happened to.
struct Error {
  ErrorCode code;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

/// A value, or the reason there is none: std::expected that may not be dropped.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

/// Success, or the reason for failure.
using Status = Result<void>;

/// What a function returns to fail: `return MakeError(ErrorCode::kNotFound, "no job 7");`
inline std::unexpected<Error> MakeError(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

/// The same failure seen from one level up: its message becomes "<context>: <message>".
std::unexpected<Error> WithContext(std::string_view context, Error error);

}  // namespace tidemark

// TIDEMARK_TRY(expression) leaves the function with the error of a failed Status or Result.
// TIDEMARK_TRY(declaration, expression) also binds the value: TIDEMARK_TRY(auto job, FindJob(id));
// A declaration with a comma in it needs a type alias first.
#define TIDEMARK_TRY(...) \
  TIDEMARK_TRY_SELECT_(__VA_ARGS__, TIDEMARK_TRY_BIND_, TIDEMARK_TRY_RUN_)(return, __VA_ARGS__)
// The same inside a coroutine.
#define TIDEMARK_CO_TRY(...) \
  TIDEMARK_TRY_SELECT_(__VA_ARGS__, TIDEMARK_TRY_BIND_, TIDEMARK_TRY_RUN_)(co_return, __VA_ARGS__)

#define TIDEMARK_TRY_SELECT_(first, second, chosen, ...) chosen
#define TIDEMARK_TRY_CONCAT2_(a, b) a##b
#define TIDEMARK_TRY_CONCAT_(a, b) TIDEMARK_TRY_CONCAT2_(a, b)
#define TIDEMARK_TRY_RUN_(leave, expression)                                                 \
  do {                                                                                       \
    auto tidemark_try_result = (expression);                                                 \
    if (!tidemark_try_result) leave std::unexpected(std::move(tidemark_try_result).error()); \
  } while (false)
#define TIDEMARK_TRY_BIND_(leave, declaration, expression) \
  TIDEMARK_TRY_BIND2_(leave, TIDEMARK_TRY_CONCAT_(tidemark_try_, __LINE__), declaration, expression)
// A declaration cannot stand in parentheses, nor can the keyword that leaves.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define TIDEMARK_TRY_BIND2_(leave, temporary, declaration, expression)   \
  auto temporary = (expression);                                         \
  if (!(temporary)) leave std::unexpected(std::move(temporary).error()); \
  declaration = *std::move(temporary)
// NOLINTEND(bugprone-macro-parentheses)
