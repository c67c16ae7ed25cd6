// Strict reading of small JSON documents with simdjson's DOM: a member has the wanted type and
// bounds, or the error names it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "tidemark/base/result.h"

namespace tidemark {

/// Errors of all: kCorruption. `object` must outlive nothing that is returned; texts are copied.
Result<simdjson::dom::object> ParseJsonObject(simdjson::dom::parser& parser, std::string_view json);
Result<simdjson::dom::element> ReadMember(simdjson::dom::object object, std::string_view name);
Result<simdjson::dom::object> ReadObject(simdjson::dom::object object, std::string_view name);
Result<simdjson::dom::array> ReadArray(simdjson::dom::object object, std::string_view name);
Result<std::string> ReadText(simdjson::dom::object object, std::string_view name);
Result<std::uint64_t> ReadUnsigned(simdjson::dom::object object, std::string_view name);
Result<bool> ReadBool(simdjson::dom::object object, std::string_view name);
bool HasMember(simdjson::dom::object object, std::string_view name);
/// nullopt where the member is absent or null.
Result<std::optional<std::string>> ReadOptionalText(simdjson::dom::object object,
                                                    std::string_view name);

}  // namespace tidemark
