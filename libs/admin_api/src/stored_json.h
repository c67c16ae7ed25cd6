// JSON that somebody else stored, on its way into an answer. One row that holds nonsense must not
// spoil the whole answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {

/// True if `text` is one JSON value (RFC 8259), nested at most 256 deep. Numbers may have any size:
/// they are copied, not understood.
bool IsJson(std::string_view text);

/// The text without blanks, numbers as they were written; nullopt if it is not JSON in UTF-8.
std::optional<std::string> MinifyJson(std::string_view text);

/// Writes the value that is stored, any value; null if there is none, or if it is not JSON.
void WriteStoredJson(const std::optional<std::string>& stored, JsonWriter& json);

/// A member with a stored object as its value. One that is absent, or is no object, reads null; of
/// the second the log tells, by the name of the `owner`.
void WriteStoredObject(std::string_view name, std::string_view owner,
                       const std::optional<std::string>& stored, JsonWriter& json);

}  // namespace tidemark::admin_api
