#include "tidemark/base/result.h"

namespace tidemark {

std::string_view ToString(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kCorruption:
      return "corruption";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

std::unexpected<Error> WithContext(std::string_view context, Error error) {
  std::string message(context);
  message.append(": ").append(error.message);
  return std::unexpected(Error{error.code, std::move(message)});
}

}  // namespace tidemark
