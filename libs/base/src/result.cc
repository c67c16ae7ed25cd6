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
  error.message.insert(0, ": ").insert(0, context);
  return std::unexpected(std::move(error));
}

}  // namespace tidemark
